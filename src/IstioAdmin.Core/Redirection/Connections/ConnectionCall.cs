using System.Globalization;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>
/// Makes one TCP connection from inside a pod's network namespace, with bash or nc of the reader, and looks who took it while it is open.
/// <para>
/// A connection that a rule redirects has both its ends in the pod: beside the client's socket /proc/net/tcp lists another whose remote address is
/// the client's own. Where there is none, the connection has left the pod. That holds for this connection alone, whatever else the pod does.
/// </para>
/// </summary>
internal sealed class ConnectionCall(string address, ushort port, PacketOwner owner, TimeSpan timeout) : PodCall
{
    // nsenter is there in every reader and sets the ids too, so nothing else is asked for. The program's input stays open as long as the
    // attempt may take, or nc would close the connection before anybody has looked. What it says goes to the reader at once: there may be no
    // place to write a file.
    private const string Attempt = """
        set -- nsenter --net=/proc/self/ns/net -S $U -G $G
        as="$*"
        if e=$("$@" sh -c : 2>&1 3>&-); then :; else
        say unfit user
        printf %s "$e"
        exit 0
        fi
        now() { read -r u q </proc/uptime; u=${u%.*}; }
        if has bash; then
        say said
        "$@" bash -c "exec 5<>/dev/tcp/$A/$P && echo open >&2 && exec sleep $T" >/dev/null 2>&3 3>&- &
        elif has nc; then
        say said
        sleep $T 2>/dev/null 3>&- | "$@" nc -w $T $A $P >/dev/null 2>&3 3>&- &
        else
        say unfit program
        exit 0
        fi
        c=$! r= s= v=
        now
        d=$((u + T))
        while :; do
        i=$(ls -l /proc/$c/fd 2>/dev/null)
        case $i in *socket:*)
        i=${i#*"socket:["}
        i=${i%%]*}
        s=$(grep -h " $i " /proc/self/net/tcp /proc/self/net/tcp6 2>/dev/null)
        case $s in ""|*" 02 "*) ;; *) break ;; esac
        esac
        now
        [ $u -lt $d ] || { v=late; break; }
        kill -0 $c 2>/dev/null || break
        sleep 0.1 2>/dev/null || sleep 1
        done
        case $s in ""|*" 02 "*) s= ;; *)
        l=${s#*: }
        l=${l%% *}
        s=$s"
        $(grep -h ":${l##*:} " /proc/self/net/tcp /proc/self/net/tcp6 2>/dev/null)"
        esac
        if kill -0 $c 2>/dev/null; then kill $c 2>/dev/null || $as sh -c "kill $c" 2>/dev/null
        else
        wait $c 2>/dev/null
        r=$?
        fi
        say called ${r:--} $v
        printf "%s\n" "$s"
        """;

    private string? _said, _unfit, _unfitWords;
    private Frame? _called;

    /// <summary>How the attempt ended.</summary>
    public ConnectionOutcome Outcome =>
        Socket is not null || Says("open") || Says("reset") || _called?.Word(1) == "0" ? ConnectionOutcome.Connected
        : Says("refused") ? ConnectionOutcome.Refused
        : Says("unreachable") || Says("no route") || Says("prohibited") ? ConnectionOutcome.Unreachable
        : _called?.Word(2) == "late" || Says("timed out") ? ConnectionOutcome.TimedOut
        : ConnectionOutcome.Failed;

    /// <summary>The client's socket while the connection was open; null when it was not seen.</summary>
    public TcpSocket? Socket { get; private set; }

    /// <summary>The socket in the pod at the connection's other end; null when it left the pod, or the client's was not seen.</summary>
    public TcpSocket? Taker { get; private set; }

    /// <summary>What the program said, shortened.</summary>
    public string Words => Excerpt.Of((_said ?? "").Replace("open", "", StringComparison.Ordinal));

    protected override bool HasEnded => _called is not null;

    protected override string Script => string.Create(CultureInfo.InvariantCulture,
        $"A={address} P={port} U={owner.User} G={owner.Group} T={Math.Max(1, (int)timeout.TotalSeconds)}\n{Attempt}");

    public override MeshException? End(MeshPod pod, NodeReader reader)
    {
        if (_called is not null)
            return null;
        // Without the frame before it the program was never started.
        if (_said is null)
            MayBeDone = false;
        return _unfit switch
        {
            "program" => new("ConnectionProgramMissing", FailureKind.NotSupported, $"No connection from inside pod {pod} was made by {reader.Name}: it has no bash and no nc.",
                "Name an image that has one of them, and sh, nsenter, grep and iptables-save, with -InspectorImage.", pod),
            "user" => new("ConnectionUserRefused", FailureKind.NotSupported,
                $"No connection from inside pod {pod} was made by {reader.Name}: it cannot run a program as user {owner.User} and group {owner.Group}{(_unfitWords is { Length: > 0 } words ? $": {words}" : "")}.",
                "It takes SETUID and SETGID, which a privileged inspector pod has.", pod),
            _ => new("ConnectionNotMade", FailureKind.Other, $"What became of the connection from inside pod {pod} was not told by {reader.Name}.",
                "It takes SYS_ADMIN to enter a pod's network namespace; name an image with sh, nsenter, grep and bash or nc with -InspectorImage.", pod),
        };
    }

    protected override bool TakeOwn(Frame frame)
    {
        switch (frame.Kind)
        {
            case "unfit":
                _unfit = frame.Word(1);
                _unfitWords = Excerpt.Of(frame.Body);
                return true;
            case "said":
                _said = frame.Body;
                return true;
            case "called":
                _called = frame;
                TcpSocket[] sockets = [.. frame.Body.Split('\n').Select(TcpSocket.Parse).OfType<TcpSocket>()];
                // The first line is the client's own; it comes again among the others.
                Socket = sockets.FirstOrDefault();
                Taker = Socket is { } own ? sockets.FirstOrDefault(other => other.Remote.Equals(own.Local) && !other.Local.Equals(own.Local)) : null;
                return true;
            default:
                return false;
        }
    }

    private bool Says(string word) => _said?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;
}
