using System.Globalization;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>A process of a container.</summary>
internal sealed class NodeProcess
{
    /// <summary>Its id, as the node sees it.</summary>
    public required int Id { get; init; }

    /// <summary>The line of /proc/PID/cgroup that told its place.</summary>
    public required string CgroupLine { get; init; }

    /// <summary>The places that the line names, the outermost first.</summary>
    public required IReadOnlyList<CgroupPlace> Places { get; init; }

    /// <summary>Inode of its network namespace; null when it could not be seen.</summary>
    public ulong? NetworkNamespace { get; set; }

    /// <summary>The process that started it.</summary>
    public int? Parent { get; set; }

    /// <summary>Whether it is the first process of its PID namespace, as a container's own process and the pause container's are.</summary>
    public bool IsFirst { get; set; }

    /// <summary>Effective user id.</summary>
    public uint? User { get; set; }

    /// <summary>Effective group id.</summary>
    public uint? Group { get; set; }
}

/// <summary>The processes of containers on a node, as the script listed them: lines of grep and ls over /proc.</summary>
internal sealed class ProcessTable
{
    private readonly Dictionary<int, NodeProcess> _processes = [];

    private ProcessTable()
    {
    }

    /// <summary>The processes.</summary>
    public IReadOnlyCollection<NodeProcess> Processes => _processes.Values;

    /// <summary>Network namespaces that are the node's own, where they could be seen; the reader's is among them when it stands in the node's.</summary>
    public IReadOnlySet<ulong> NodeNamespaces { get; private init; } = new HashSet<ulong>();

    /// <summary>Reads the listing. Lines that are none of its own are passed over.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="readerIsInNodeNamespace">Whether who listed them is itself in the node's network namespace.</param>
    public static ProcessTable Parse(string text, bool readerIsInNodeNamespace)
    {
        var node = new HashSet<ulong>();
        var table = new ProcessTable { NodeNamespaces = node };
        foreach (string line in text.Split('\n').Select(line => line.Trim()))
        {
            if (!line.EndsWith(" /proc/self/ns/net", StringComparison.Ordinal))
                table.Add(line, node);
            else if (readerIsInNodeNamespace && ulong.TryParse(line[..line.IndexOf(' ', StringComparison.Ordinal)], NumberStyles.None, CultureInfo.InvariantCulture, out ulong own))
                node.Add(own);
        }
        return table;
    }

    private void Add(string line, HashSet<ulong> node)
    {
        // ls -i: "4026531840 /proc/123/ns/net"; grep -H: "/proc/123/status:Uid:\t0\t0\t0\t0"
        int proc = line.IndexOf("/proc/", StringComparison.Ordinal);
        if (proc < 0)
            return;
        string rest = line[(proc + "/proc/".Length)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !int.TryParse(rest[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            return;
        string what = rest[(slash + 1)..];
        if (what.StartsWith("cgroup:", StringComparison.Ordinal))
        {
            string cgroup = what["cgroup:".Length..];
            if (CgroupPath.Parse(cgroup) is { Count: > 0 } places)
                _processes.TryAdd(id, new NodeProcess { Id = id, CgroupLine = cgroup, Places = places });
        }
        else if (what == "ns/net")
        {
            // The node's /proc may be mounted elsewhere: "4026531840 /host/proc/123/ns/net".
            if (ulong.TryParse(line.AsSpan(0, Math.Max(0, line.IndexOf(' ', StringComparison.Ordinal))), NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode))
                SetNamespace(id, inode, node);
        }
        else if (what.StartsWith("status:", StringComparison.Ordinal) && _processes.TryGetValue(id, out NodeProcess? process))
        {
            SetStatus(process, what["status:".Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }
    }

    // The first process and the kernel's own are in the node's namespaces, unless a container is what they are listed for.
    private void SetNamespace(int id, ulong inode, HashSet<ulong> node)
    {
        if (_processes.TryGetValue(id, out NodeProcess? process))
            process.NetworkNamespace = inode;
        else if (id is 1 or 2)
            node.Add(inode);
    }

    private static void SetStatus(NodeProcess process, string[] words)
    {
        switch (words)
        {
            case ["Uid:", _, var user, ..] when uint.TryParse(user, CultureInfo.InvariantCulture, out uint value):
                process.User = value;
                break;
            case ["Gid:", _, var group, ..] when uint.TryParse(group, CultureInfo.InvariantCulture, out uint value):
                process.Group = value;
                break;
            case ["PPid:", var parent] when int.TryParse(parent, CultureInfo.InvariantCulture, out int value):
                process.Parent = value;
                break;
            // One id for each namespace, the outermost first.
            case ["NSpid:", _, .., var innermost]:
                process.IsFirst = innermost == "1";
                break;
        }
    }
}
