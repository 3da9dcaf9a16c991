# The tests of ctest that scripts/prove runs, so that scripts/test leaves them to it. Sourced; bash.

prove_tests='^(model|spin|linear[a-z_]*|process_nth_failure|process_quiet|fuzz)\.'
prove_tests+='|^process\.(soak|stepper)$'
# Of these, what prove runs by itself, to have the numbers.
prove_alone='^fuzz\.hostile_rounds$|^process\.(soak|stepper)$'
