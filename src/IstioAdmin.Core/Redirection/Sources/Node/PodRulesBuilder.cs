using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Gathers what the script prints about one pod.</summary>
internal sealed class PodRulesBuilder(MeshPod pod, NodeReader reader, NodeTools tools)
{
    private static readonly IpFamily[] Families = [IpFamily.IPv4, IpFamily.IPv6];

    private readonly List<RuleDump> _dumps = [];
    private readonly List<string> _gaps = [];
    private readonly List<string> _errors = [];
    private readonly HashSet<IpFamily> _lost = [];
    private Frame? _printed;
    private NetworkView? _network;
    private bool _setsAsked;

    /// <summary>Whether a rule asks for a set, and nobody has asked for the sets yet.</summary>
    public bool WantsSets => !_setsAsked && tools.Has("ipset") && _dumps.Any(NamesSet);

    /// <summary>Notes that the sets are being asked for.</summary>
    public void AskForSets() => _setsAsked = true;

    /// <summary>Takes a frame between <c>begin</c> and <c>done</c>.</summary>
    public void Add(Frame frame)
    {
        switch (frame.Kind)
        {
            case "net":
                _network = NetworkView.Parse(frame.Body);
                break;
            case "out":
                _printed = frame;
                break;
            case "end" when _printed is { } printed && printed.Word(1) == frame.Word(2):
                _printed = null;
                AddDump(printed, frame);
                break;
        }
    }

    /// <summary>Why nothing could be printed, in the programs' words.</summary>
    public string Errors => _errors.Count == 0 ? "nothing was printed" : string.Join("; ", _errors);

    /// <summary>What was read; null when no program could print anything.</summary>
    /// <param name="processes">The pod's processes.</param>
    public PodRules? Build(IReadOnlyList<PodProcess> processes)
    {
        // Without a single dump there must be a reason: a pod without tables, and a reader that has nothing but iptables-legacy.
        if (_dumps.Count == 0 && (_errors.Count > 0 || _network is null))
            return null;
        return new PodRules
        {
            Source = reader.Source,
            Reader = reader.Name,
            Privileges = reader.Privileges,
            ReadAt = DateTimeOffset.UtcNow,
            Dumps = [.. _dumps],
            Host = _network?.Host(pod.PodIPs),
            Processes = processes,
            Gaps = [.. _gaps, .. SetGaps(), .. tools.Gaps(reader.Name, LegacyTables)],
            Unseen = [.. Families.Where(family => _lost.Contains(family) || !tools.SeesNfTables(family) || (LegacyTables.Contains(family) && !tools.SeesLegacy(family)))],
        };
    }

    private IReadOnlyCollection<IpFamily> LegacyTables => _network?.LegacyTables ?? (IReadOnlyCollection<IpFamily>)[];

    private void Lose(string program)
    {
        // What a listing of both families would have shown is unknown for both.
        if (tools.Output(program) is { Format: not RuleDumpFormat.Ipset } lost)
            _lost.UnionWith(lost.Family is { } family ? [family] : Families);
    }

    private IEnumerable<string> SetGaps()
    {
        if (_dumps.Any(NamesSet) && !tools.Has("ipset"))
            yield return $"Rules of the pod ask for sets of addresses, and there is no ipset in {reader.Name}: what is in the sets is not known.";
    }

    private static bool NamesSet(RuleDump dump) => dump.Format != RuleDumpFormat.Ipset && dump.Text.Contains("--match-set ", StringComparison.Ordinal);

    private void AddDump(Frame printed, Frame ended)
    {
        string program = printed.Word(1);
        string error = Excerpt.Of(ended.Body);
        if (ended.Word(1) != "0")
        {
            string what = $"{program} failed with exit code {ended.Word(1)}{(error.Length == 0 ? "" : $": {error}")}";
            _errors.Add(what);
            Lose(program);
            _gaps.Add($"{what} (in {reader.Name}): its rules were not seen.");
        }
        else if (printed.Cut)
        {
            Lose(program);
            _gaps.Add($"{program} printed more than {FrameReader.LongestBody / (1024 * 1024)} MB (in {reader.Name}): its rules were not seen.");
        }
        else if (tools.Output(program) is var (format, family))
        {
            _dumps.Add(new RuleDump(format, family, printed.Body));
        }
    }
}

/// <summary>Who reads on a node.</summary>
/// <param name="Source">Node or Local.</param>
/// <param name="Name">In words: <c>agent istio-system/istio-cni-node-7xk2f on node n1</c>.</param>
/// <param name="Privileges">What it used, each as a phrase.</param>
/// <param name="IsInNodeNamespace">Whether it is itself in the node's network namespace.</param>
internal sealed record NodeReader(RulesSource Source, string Name, IReadOnlyList<string> Privileges, bool IsInNodeNamespace);
