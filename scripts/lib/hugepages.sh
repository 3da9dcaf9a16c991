# The pool of 2 MiB huge pages: how many there are, and borrowing some for a while. Sourced; bash,
# after say.sh.

hugepages_pool=/sys/kernel/mm/hugepages/hugepages-2048kB
hugepages_added=0

# hugepages_file NAME: prints the path of nr_hugepages or free_hugepages; fails without a pool.
hugepages_file() {
    if [[ -r $hugepages_pool/$1 ]]; then
        echo "$hugepages_pool/$1"
    elif [[ $1 == nr_hugepages ]] && grep -qs '^Hugepagesize: *2048 kB' /proc/meminfo; then
        echo /proc/sys/vm/nr_hugepages
    else
        return 1
    fi
}

# hugepages_free: prints how many are free; 0 without a pool.
hugepages_free() {
    if [[ -r $hugepages_pool/free_hugepages ]]; then
        cat "$hugepages_pool/free_hugepages"
    elif hugepages_file nr_hugepages >/dev/null; then
        awk '$1 == "HugePages_Free:" { print $2 }' /proc/meminfo
    else
        echo 0
    fi
}

# hugepages_borrow COUNT: sees to it that COUNT pages are free, adding to the pool what is missing.
# Says what came of it; never fails. Whoever calls it calls hugepages_return in a trap on EXIT.
hugepages_borrow() {
    local want=$1 free total file after
    free=$(hugepages_free)
    if ((free >= want)); then
        say "$free huge pages of 2 MiB are free"
        return
    fi
    if ! file=$(hugepages_file nr_hugepages); then
        say "this kernel has no 2 MiB huge pages; going on without"
        return
    fi
    total=$(<"$file")
    if ! echo $((total + want - free)) 2>/dev/null >"$file"; then
        say "$free of $want huge pages are free and we may not reserve more; as root:" \
            "echo $((total + want - free)) > $file"
        return
    fi
    after=$(<"$file")
    hugepages_added=$((after - total))
    say "reserved $hugepages_added huge pages of 2 MiB, $(hugepages_free) are free;" \
        "they go back at the end"
}

# hugepages_return: takes out of the pool what hugepages_borrow added, and only that.
hugepages_return() {
    local file total
    if ((hugepages_added > 0)) && file=$(hugepages_file nr_hugepages); then
        total=$(<"$file")
        echo $((total - hugepages_added)) 2>/dev/null >"$file" ||
            warn "could not give back $hugepages_added huge pages: echo N > $file"
        hugepages_added=0
    fi
}
