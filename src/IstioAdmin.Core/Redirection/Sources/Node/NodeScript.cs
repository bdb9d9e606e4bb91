namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>
/// The script that reads the rules of a node's pods: POSIX sh, for dash, bash and busybox alike. It needs nsenter, grep, ls and whatever prints
/// rules, and of itself changes nothing.
/// <para>
/// It is told on its standard input. The first line is a word that nobody can guess; every line of its own begins with it, so that nothing that
/// a pod or a program prints can be taken for one. It tells what it has and which processes of containers there are, then waits for lines
/// <c>rules NUMBER PID CGROUP-LINE</c>, <c>sets …</c> or <c>call …</c> until <c>end</c>: which process stands for which pod is decided by who asks
/// (<see cref="ProcessChoice"/>), so that a node is read in one go and the script stays small enough for the address of a request.
/// </para>
/// <para>
/// After <c>call …</c> come lines of a script, up to one with the word alone, that is run in the pod's network namespace between two readings of
/// its rules and their counters.
/// </para>
/// <para>
/// Of /proc only what needs no other program is read by the shell itself, the rest by few: forks are what reading costs.
/// The tables of iptables-legacy are printed only where /proc/net/ip_tables_names lists some, because to ask for one creates it.
/// After a pod was read its process is looked at again: a process id can have come to belong to another pod.
/// </para>
/// </summary>
internal static class NodeScript
{
    /// <summary>The script, an argument to <c>sh -c</c>.</summary>
    public const string Text = $$"""
        IFS= read -r N || exit 3
        {{Head}}
        R=/proc
        [ ! -r /host/proc/1/cgroup ] || R=/host/proc
        say processes
        ls -iL /proc/self/ns/net $R/1/ns/net $R/2/ns/net 2>/dev/null
        for d in 1 2 3 4 5 6 7 8 9; do
        set +f
        c=$(grep -HEm1 'pod[0-9a-f]{8}|[0-9a-f]{64}' $R/$d*/cgroup 2>/dev/null)
        set -f
        [ "$c" ] || continue
        printf '%s\n' "$c"
        s= n=
        IFS='
        '
        for l in $c; do
        p=${l%%/cgroup:*}
        s="$s $p/status" n="$n $p/ns/net"
        done
        IFS=' '
        grep -HE '^(PPid|NSpid|Uid|Gid):' $s 2>/dev/null
        ls -iL $n 2>/dev/null
        done
        unset IFS
        rules='
        {{Functions}}
        exec 3>&1
        {{Rules}}
        exit 0
        '
        sets="${rules%%exec 3*}exec 3>&1
        run ipset save
        exit 0"
        say ready
        say wait
        while read -r w k p l && [ "$w" != end ]; do
        say begin $k
        case $w in
        sets) x=$sets ;;
        call) y=
        while IFS= read -r x && [ "$x" != "$N" ]; do
        y="$y
        $x"
        done
        x=${rules#*exec 3??1}
        x="${rules%%exec 3*}exec 3>&1
        C=-c
        ${x%exit 0*}$y
        $x" ;;
        *) x=$rules ;;
        esac
        e=$(nsenter --net=$R/$p/ns/net sh -c "$x" 2>&1 >&3 3>&- </dev/null)
        s=$? v=moved
        while read -r x; do
        [ "$x" != "$l" ] || { v=same; break; }
        done 2>/dev/null <$R/$p/cgroup
        say done $k $s $v
        printf %s "$e"
        say next
        done
        say bye
        say end
        """;

    /// <summary>The script for a reader that is in the pod's network namespace already; it takes the secret word from the variable N and asks for nothing.</summary>
    public const string InPlace = $$"""
        {{Head}}
        exec 2>/dev/null
        {{Functions}}
        say begin 0
        {{Rules}}
        say done 0 0 same
        say bye
        say end
        """;

    private const string Head = """
        LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
        export N LC_ALL PATH
        exec 3>&1
        say() { printf '\n%s %s\n' "$N" "$*"; }
        has() { command -v "$1" >/dev/null 2>&1; }
        say tools
        for t in nsenter grep ls nft ipset iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save iptables-save ip6tables-save; do
        ! has $t || echo $t
        done
        V=$(iptables-save --version 2>/dev/null)
        printf 'version %s\n' "$V"
        case $V in *nf_tables*) ;; *) V= ;; esac
        export V
        """;

    // No single quotes in these two: they stand between some.
    private const string Functions = """
        say() { printf "\n%s %s\n" "$N" "$*"; }
        has() { command -v "$1" >/dev/null 2>&1; }
        C=
        run() {
        say out "$@"
        e=$("$@" 2>&1 >&3 3>&-)
        say end $? "$1"
        printf %s "$e"
        }
        legacy() { if read -r x </proc/self/net/$2 && has $1; then run $1 $C; fi; } 2>/dev/null
        save() {
        if has $1-nft-save; then run $1-nft-save $C; legacy $1-legacy-save $2
        elif [ "$V" ] && has $1-save; then run $1-save $C; legacy $1-legacy-save $2
        else legacy $1-save $2
        fi
        }
        """;

    private const string Rules = """
        P=/proc/self/net
        say net
        grep -Hs "" $P/dev $P/route $P/fib_trie $P/if_inet6 $P/ipv6_route $P/ip_tables_names $P/ip6_tables_names /proc/sys/net/ipv4/ip_forward
        save iptables ip_tables_names
        save ip6tables ip6_tables_names
        ! has nft || run nft -j list ruleset
        """;
}
