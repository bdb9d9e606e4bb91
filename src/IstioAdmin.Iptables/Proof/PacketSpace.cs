using System.Runtime.InteropServices;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>
/// Sets of packets as decision diagrams: each node divides one field's values into intervals, each interval leads to the set
/// of what the remaining fields may be. Equal sets are the same node, so comparing is free and results are shared.
/// (The structure is that of interval decision diagrams, Strehl and Thiele 1998, with hash-consing as in BDD packages.)
/// Not for use by several threads at once.
/// </summary>
public sealed class PacketSpace
{
    private const int Empty = 0;
    private const int All = 1;
    private readonly List<Node> _nodes = [default, default];
    private readonly Dictionary<Node, int> _unique = new(NodeComparer.Instance);
    private readonly Dictionary<(int A, int B, Operation Op), int> _cache = [];
    private readonly Stack<List<Edge>> _spare = new();

    private enum Operation : byte
    {
        And,
        Or,
        Except,
    }

    /// <summary>Creates the space of one family's packets.</summary>
    public PacketSpace(IpFamily family) => Family = family;

    /// <summary>Family of the packets.</summary>
    public IpFamily Family { get; }

    /// <summary>Number of nodes made so far; tells what a computation costs.</summary>
    public int NodeCount => _nodes.Count;

    /// <summary>No packet.</summary>
    public PacketSet None => new(this, Empty);

    /// <summary>Every packet.</summary>
    public PacketSet Any => new(this, All);

    /// <summary>Packets as there can be any: only some protocols have ports, and only ICMP has types and codes; the others' are zero.</summary>
    public PacketSet WellFormed
    {
        get
        {
            PacketSet portless = Where(PacketField.Protocol, PortlessProtocols(Family).Intervals);
            PacketSet icmp = Where(PacketField.Protocol, Icmp(Family).Number, Icmp(Family).Number);
            PacketSet noPorts = Where(PacketField.SourcePort, 0, 0).And(Where(PacketField.DestinationPort, 0, 0));
            PacketSet noTypes = Where(PacketField.IcmpType, 0, 0).And(Where(PacketField.IcmpCode, 0, 0));
            return Any.Except(portless).Or(noPorts).And(icmp.Or(noTypes));
        }
    }

    /// <summary>The family's control protocol.</summary>
    internal static IpProtocol Icmp(IpFamily family) => family == IpFamily.IPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;

    /// <summary>The protocols without ports.</summary>
    internal static ValueSet PortlessProtocols(IpFamily family) => ValueSet.Of(
        PacketField.Protocol, family, Enumerable.Range(0, 256).Where(n => !new IpProtocol((byte)n).HasPorts).Select(n => new Interval((UInt128)n, (UInt128)n)));

    /// <summary>The packets whose field lies in an interval.</summary>
    public PacketSet Where(PacketField field, UInt128 first, UInt128 last) => Where(field, [new Interval(first, last)]);

    /// <summary>The packets whose field lies in one of some intervals.</summary>
    public PacketSet Where(PacketField field, IEnumerable<Interval> intervals)
    {
        UInt128 max = PacketFields.Max(field, Family);
        var edges = new List<Edge>();
        UInt128 next = 0;
        bool full = false;
        foreach (Interval interval in intervals.Where(i => i.First <= i.Last && i.First <= max).OrderBy(i => i.First))
        {
            UInt128 last = UInt128.Min(interval.Last, max);
            if (full || last < next)
                continue;
            UInt128 first = UInt128.Max(interval.First, next);
            if (first > next)
                Append(edges, first - 1, Empty);
            Append(edges, last, All);
            full = last == max;
            next = full ? max : last + 1;
        }
        if (!full)
            Append(edges, max, Empty);
        return new PacketSet(this, Make((int)field, edges));
    }

    internal int And(int a, int b) => Apply(a, b, Operation.And);

    internal int Or(int a, int b) => Apply(a, b, Operation.Or);

    internal int Except(int a, int b) => Apply(a, b, Operation.Except);

    /// <summary>Calls <paramref name="visit"/> for each disjoint box of a set until it answers false.</summary>
    internal bool Visit(int node, Interval?[] box, Func<IReadOnlyList<Interval?>, bool> visit)
    {
        if (node == Empty)
            return true;
        if (node == All)
            return visit(box);
        Node n = _nodes[node];
        UInt128 first = 0;
        foreach (Edge edge in n.Edges)
        {
            box[n.Field] = new Interval(first, edge.Last);
            if (!Visit(edge.Child, box, visit))
                return false;
            first = edge.Last + 1;
        }
        box[n.Field] = null;
        return true;
    }

    /// <summary>Calls <paramref name="visit"/> for each path of a set's diagram until it answers false; edges to the same child are one path.</summary>
    internal bool VisitPaths(int node, ValueSet?[] path, Func<ValueSet?[], bool> visit)
    {
        if (node == Empty)
            return true;
        if (node == All)
            return visit(path);
        Node n = _nodes[node];
        var children = new Dictionary<int, List<Interval>>();
        UInt128 first = 0;
        foreach (Edge edge in n.Edges)
        {
            if (edge.Child != Empty)
            {
                if (!children.TryGetValue(edge.Child, out List<Interval>? values))
                    children.Add(edge.Child, values = []);
                values.Add(new Interval(first, edge.Last));
            }
            first = edge.Last + 1;
        }
        foreach ((int child, List<Interval> values) in children)
        {
            path[n.Field] = ValueSet.Of((PacketField)n.Field, Family, values);
            if (!VisitPaths(child, path, visit))
                return false;
        }
        path[n.Field] = null;
        return true;
    }

    /// <summary>Whether a packet, given by its field values, is in a set.</summary>
    internal bool Contains(int node, ReadOnlySpan<UInt128> values)
    {
        while (node > All)
        {
            Node n = _nodes[node];
            node = n.Edges[Find(n.Edges, values[n.Field])].Child;
        }
        return node == All;
    }

    private static int Find(Edge[] edges, UInt128 value)
    {
        int low = 0, high = edges.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (value <= edges[middle].Last)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    private int Apply(int a, int b, Operation operation)
    {
        if (Shortcut(a, b, operation) is { } known)
            return known;
        // And and Or do not care for the order: one cache entry serves both.
        if (operation != Operation.Except && a > b)
            (a, b) = (b, a);
        if (_cache.TryGetValue((a, b, operation), out int cached))
            return cached;
        int field = Math.Min(FieldOf(a), FieldOf(b));
        ReadOnlySpan<Edge> left = EdgesOf(a, field);
        ReadOnlySpan<Edge> right = EdgesOf(b, field);
        List<Edge> edges = Borrow();
        for (int i = 0, j = 0; i < left.Length && j < right.Length;)
        {
            // Where the result is empty whatever the other side says, all of its edges there are passed at once: a small set and a large one
            // meet in a few places.
            if (left[i].Child == Empty && operation != Operation.Or)
            {
                Append(edges, left[i].Last, Empty);
                j = After(right, j, left[i].Last);
                i++;
                continue;
            }
            if (right[j].Child == Empty && operation == Operation.And)
            {
                Append(edges, right[j].Last, Empty);
                i = After(left, i, right[j].Last);
                j++;
                continue;
            }
            UInt128 last = UInt128.Min(left[i].Last, right[j].Last);
            Append(edges, last, Apply(left[i].Child, right[j].Child, operation));
            // The recursion may have grown the node list, but never moves a node's own edges.
            if (left[i].Last == last)
                i++;
            if (right[j].Last == last)
                j++;
        }
        int result = Make(field, edges);
        Return(edges);
        _cache[(a, b, operation)] = result;
        return result;
    }

    /// <summary>The first edge, from <paramref name="from"/> on, that reaches beyond a value.</summary>
    private static int After(ReadOnlySpan<Edge> edges, int from, UInt128 value)
    {
        // Ever longer steps, then halving: near places are found as fast as far ones.
        int step = 1;
        while (from + step < edges.Length && edges[from + step].Last <= value)
            step *= 2;
        int low = from, high = Math.Min(from + step, edges.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (edges[middle].Last > value)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    // One list for each level of the recursion, used again and again.
    private List<Edge> Borrow() => _spare.TryPop(out List<Edge>? edges) ? edges : [];

    private void Return(List<Edge> edges)
    {
        edges.Clear();
        _spare.Push(edges);
    }

    private static int? Shortcut(int a, int b, Operation operation) => operation switch
    {
        Operation.And when a == Empty || b == Empty => Empty,
        Operation.And when a == All || a == b => b,
        Operation.And when b == All => a,
        Operation.Or when a == All || b == All => All,
        Operation.Or when a == Empty || a == b => b,
        Operation.Or when b == Empty => a,
        Operation.Except when a == Empty || b == All || a == b => Empty,
        Operation.Except when b == Empty => a,
        _ => null,
    };

    private int FieldOf(int node) => node <= All ? int.MaxValue : _nodes[node].Field;

    private ReadOnlySpan<Edge> EdgesOf(int node, int field)
    {
        if (FieldOf(node) == field)
            return _nodes[node].Edges;
        // A node that does not ask this field leads to itself for all of its values.
        return new Edge[] { new(PacketFields.Max((PacketField)field, Family), node) };
    }

    private static void Append(List<Edge> edges, UInt128 last, int child)
    {
        if (edges.Count > 0 && edges[^1].Child == child)
            edges[^1] = new Edge(last, child);
        else
            edges.Add(new Edge(last, child));
    }

    private int Make(int field, List<Edge> edges)
    {
        if (edges.Count == 1)
            return edges[0].Child;
        var node = new Node(field, [.. edges]);
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_unique, node, out bool exists);
        if (!exists)
        {
            id = _nodes.Count;
            _nodes.Add(node);
        }
        return id;
    }

    private readonly record struct Edge(UInt128 Last, int Child);

    private readonly record struct Node(int Field, Edge[] Edges);

    private sealed class NodeComparer : IEqualityComparer<Node>
    {
        public static NodeComparer Instance { get; } = new();

        public bool Equals(Node a, Node b) => a.Field == b.Field && a.Edges.AsSpan().SequenceEqual(b.Edges);

        public int GetHashCode(Node node)
        {
            var hash = new HashCode();
            hash.Add(node.Field);
            foreach (Edge edge in node.Edges)
            {
                hash.Add(edge.Last);
                hash.Add(edge.Child);
            }
            return hash.ToHashCode();
        }
    }
}
