using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IstioAdmin.Core.Kube.Exec;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>One run of <see cref="NodeScript"/>: asks for pods, and hands out what was read of each as it comes.</summary>
internal sealed class NodeSession
{
    private const int LongestComplaint = 4096;

    private readonly INodeShell _shell;
    private readonly NodeReader _reader;
    private readonly IReadOnlyList<MeshPod> _pods;
    private readonly Func<MeshPod, PodAnswer, ValueTask> _answer;
    private readonly PodCall? _call;
    private readonly string _word = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly Dictionary<int, PodProcesses> _asked = [];
    private readonly StringBuilder _complaints = new();
    private NodeTools? _tools;
    private ProcessTable? _table;
    private readonly Dictionary<int, PodRulesBuilder> _wantingSets = [];
    private (int Number, PodRulesBuilder Rules)? _current;
    private Task _told = Task.CompletedTask;
    private int _outstanding;
    private bool _ended;

    /// <summary>Prepares a run.</summary>
    /// <param name="shell">The started script.</param>
    /// <param name="reader">Who reads.</param>
    /// <param name="pods">The pods to read, all on this node.</param>
    /// <param name="answer">Takes what was read of a pod; once for each when the run comes to its end.</param>
    /// <param name="call">What is to be done in the pod between two readings; for one pod alone.</param>
    public NodeSession(INodeShell shell, NodeReader reader, IReadOnlyList<MeshPod> pods, Func<MeshPod, PodAnswer, ValueTask> answer, PodCall? call = null)
    {
        _shell = shell;
        _reader = reader;
        _pods = pods;
        _answer = answer;
        _call = call;
    }

    /// <summary>Runs.</summary>
    /// <exception cref="MeshException">
    /// The run broke off (as <see cref="ExecSession.ReadAsync"/>, or <c>RulesReadCut</c>), or the reader lacks what it needs (<c>NodeReaderUnfit</c>).
    /// </exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var telling = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var frames = new FrameReader(_word);
        Tell(_word + "\n", telling.Token);
        try
        {
            await foreach (ExecChunk chunk in _shell.ReadAsync(cancel).ConfigureAwait(false))
            {
                if (chunk.Source == ExecSource.Error)
                {
                    Complain(chunk.Bytes.Span);
                    continue;
                }
                foreach (Frame frame in frames.Append(chunk.Bytes.Span))
                    await TakeAsync(frame, telling.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await telling.CancelAsync().ConfigureAwait(false);
            await _told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (_tools is null || _table is null)
            throw Unfit($"the script did not run{Said()}");
        if (!_ended)
        {
            throw new MeshException("RulesReadCut", FailureKind.Connection, $"The reading by {_reader.Name} broke off before its end{Said()}.",
                "The pod, its node or the API server may have gone away; read again.", _reader);
        }
    }

    /// <summary>Tells the script something, after all it was told before; does not wait, because the script may have to be read first.</summary>
    private void Tell(string text, CancellationToken cancel)
    {
        _told = AfterAsync(_told);

        async Task AfterAsync(Task before)
        {
            await before.ConfigureAwait(false);
            await _shell.WriteAsync(Encoding.UTF8.GetBytes(text), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Finds the pods among the processes; answers those that are not there, and writes down what to ask of the others.</summary>
    private async ValueTask AskAsync(CancellationToken cancel)
    {
        if (_tools is null || _table is null)
            throw Unfit("the script's output is not what it should be");
        if (_tools.Missing() is { Count: > 0 } missing)
            throw Unfit($"it has no {string.Join(" and no ", missing)}");
        var choice = new ProcessChoice(_table);
        PodProcesses[] all = [.. _pods.Select(choice.For)];
        // Its own pod is all that a reader in a PID namespace of its own can see.
        if (all.All(found => found.None) && _table.Processes.Select(process => process.Places[0].PodUid).Distinct().Count() <= 1)
            throw Unfit("it sees no processes of other pods: it needs hostPID, or the node's /proc at /host/proc");
        var questions = new StringBuilder();
        for (int i = 0; i < _pods.Count; i++)
        {
            PodProcesses found = all[i];
            if (found.Witness is { } witness)
            {
                _asked.Add(i, found);
                questions.Append(Order(_call is null ? "rules" : "call", i, witness));
                if (_call is not null)
                    questions.Append(_call.Tell()).Append('\n').Append(_word).Append('\n');
            }
            else
            {
                await _answer(_pods[i], Absent(_pods[i], found)).ConfigureAwait(false);
            }
        }
        _outstanding = _asked.Count;
        Tell(_outstanding == 0 ? "end\n" : questions.ToString(), cancel);
    }

    private PodAnswer Absent(MeshPod pod, PodProcesses found) => found switch
    {
        { OnlyInNodeNamespace: true } => new PodAnswer.Refused(SourceFailures.NodeNamespace(pod)),
        { NamespacesHidden: true } => new PodAnswer.Unread(Unfit($"it may not see the namespaces of the processes of pod {pod}: it needs SYS_PTRACE"), Passing: false),
        _ => new PodAnswer.Unread(SourceFailures.NoProcess(pod, _reader), Passing: true),
    };

    private async ValueTask TakeAsync(Frame frame, CancellationToken cancel)
    {
        switch (frame.Kind)
        {
            case "tools":
                _tools = NodeTools.Parse(frame.Body);
                break;
            case "processes":
                _table = ProcessTable.Parse(frame.Body, _reader.IsInNodeNamespace);
                break;
            case "begin" when int.TryParse(frame.Word(1), CultureInfo.InvariantCulture, out int number) && _asked.ContainsKey(number):
                _current = (number, _wantingSets.TryGetValue(number, out PodRulesBuilder? begun) ? begun : new PodRulesBuilder(_pods[number], _reader, _tools!));
                break;
            case "done" when _current is { } current && frame.Word(1) == current.Number.ToString(CultureInfo.InvariantCulture):
                _current = null;
                _call?.Close();
                await EndAsync(current.Number, current.Rules, frame, cancel).ConfigureAwait(false);
                break;
            case "ready":
                await AskAsync(cancel).ConfigureAwait(false);
                break;
            case "bye":
                _ended = true;
                break;
            default:
                if (_current is { } open && _call?.Take(frame, () => new PodRulesBuilder(_pods[open.Number], _reader, _tools!)) != true)
                    open.Rules.Add(frame);
                break;
        }
    }

    /// <summary>Answers a pod that has been read, or asks for the sets that its rules name.</summary>
    private async ValueTask EndAsync(int number, PodRulesBuilder rules, Frame done, CancellationToken cancel)
    {
        if (done.Word(3) == "same" && rules.WantsSets)
        {
            rules.AskForSets();
            _wantingSets[number] = rules;
            Tell(Order("sets", number, _asked[number].Witness!), cancel);
            return;
        }
        await _answer(_pods[number], Judge(number, rules, done)).ConfigureAwait(false);
        if (--_outstanding == 0)
            Tell("end\n", cancel);
    }

    private static string Order(string what, int number, NodeProcess witness) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} {number} {witness.Id} {witness.CgroupLine}\n");

    private PodAnswer Judge(int number, PodRulesBuilder read, Frame done)
    {
        MeshPod pod = _pods[number];
        if (_call?.End(pod, _reader) is { } impossible)
            return new PodAnswer.Unread(impossible, Passing: false);
        // The process has ended, or its id is another's now: what was read may be another pod's.
        if (done.Word(3) != "same")
            return new PodAnswer.Unread(SourceFailures.NoProcess(pod, _reader), Passing: true);
        if (done.Word(2) == "0" && read.Build(_asked[number].Processes) is { } rules)
            return new PodAnswer.Read(rules);
        string why = done.Word(2) == "0" ? read.Errors : $"its network namespace could not be entered{Words(done.Body)}";
        return new PodAnswer.Unread(
            new MeshException("RulesNotPrinted", FailureKind.Other, $"The rules of pod {pod} could not be read by {_reader.Name}: {why}.",
                "It takes SYS_ADMIN to enter a pod's network namespace and NET_ADMIN to read its rules; give the reader an image and privileges with which it can.", pod),
            Passing: false);
    }

    private MeshException Unfit(string why) => new("NodeReaderUnfit", FailureKind.NotSupported, $"{Capital(_reader.Name)} cannot read rules: {why}.",
        "Use an image that has sh, nsenter, grep, iptables-save and nft, in a privileged pod with hostPID.", _reader);

    private void Complain(ReadOnlySpan<byte> bytes)
    {
        if (_complaints.Length < LongestComplaint)
            _complaints.Append(Encoding.UTF8.GetString(bytes));
    }

    private string Said() => Words(_complaints.ToString());

    private static string Words(string said) => Excerpt.Of(said) is { Length: > 0 } words ? $": {words}" : "";

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}

/// <summary>What a run says of a pod.</summary>
internal abstract record PodAnswer
{
    private PodAnswer()
    {
    }

    /// <summary>Its rules.</summary>
    public sealed record Read(PodRules Rules) : PodAnswer;

    /// <summary>Nobody on the node may read them.</summary>
    public sealed record Refused(MeshException Failure) : PodAnswer;

    /// <summary>This run could not read them; another may.</summary>
    /// <param name="Failure">Why not.</param>
    /// <param name="Passing">Whether the same reader may be luckier in a moment.</param>
    public sealed record Unread(MeshException Failure, bool Passing) : PodAnswer;
}
