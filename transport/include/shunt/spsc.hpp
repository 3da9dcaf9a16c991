// SPDX-License-Identifier: MIT
//
// One producer, one consumer: the ports of fixed-size messages and of bytes.
#pragma once

#include <shunt/channel/wait_any.hpp>
#include <shunt/spsc/bytes.hpp>
#include <shunt/spsc/fixed.hpp>
