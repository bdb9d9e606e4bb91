using IstioAdmin.Core.Redirection.Policies;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>
/// Gives equal values of many pods one instance: namespaces, nodes, container lists, annotations. Ten thousand pods of a hundred workloads
/// then cost little more than their names. Bounded: when a set of values is full it starts anew, so values that never repeat cost no memory.
/// </summary>
internal sealed class ValuePool
{
    private const int Capacity = 8192;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<IReadOnlyList<string>, IReadOnlyList<string>> _lists = new(new SequenceComparer<string>());
    private readonly Dictionary<IReadOnlyList<(string, string)>, IReadOnlyDictionary<string, string>> _maps = new(new SequenceComparer<(string, string)>());
    private readonly Dictionary<(string, string), PodOwner> _owners = [];
    private readonly List<string> _names = [];
    private readonly Dictionary<IReadOnlyList<DeclaredPort>, IReadOnlyList<DeclaredPort>> _ports = new(new SequenceComparer<DeclaredPort>());
    private readonly HashSet<ContainerTraffic> _containers = [];
    private readonly HashSet<PodTrafficFacts> _traffic = [];

    public string? Text(string? text)
    {
        if (text is null)
            return null;
        if (_texts.TryGetValue(text, out string? known))
            return known;
        if (_texts.Count == Capacity)
            _texts.Clear();
        _texts.Add(text);
        return text;
    }

    /// <summary>The list with these elements; the argument is only looked at, and may be reused.</summary>
    public IReadOnlyList<string> List(List<string> draft)
    {
        if (draft.Count == 0)
            return [];
        if (_lists.TryGetValue(draft, out IReadOnlyList<string>? known))
            return known;
        string[] list = draft.Select(text => Text(text)!).ToArray();
        Make(_lists)[list] = list;
        return list;
    }

    /// <summary>The map with these entries, the last one of a name counting; the argument is only looked at, and may be reused.</summary>
    public IReadOnlyDictionary<string, string> Map(List<(string Name, string Value)> draft)
    {
        if (draft.Count == 0)
            return MeshPod.EmptyMap;
        if (_maps.TryGetValue(draft, out IReadOnlyDictionary<string, string>? known))
            return known;
        var map = new Dictionary<string, string>(draft.Count, StringComparer.Ordinal);
        foreach ((string name, string value) in draft)
            map[Text(name)!] = Text(value)!;
        return Make(_maps)[draft.ToArray()] = map.AsReadOnly();
    }

    public PodOwner? Owner(string? kind, string? name)
    {
        if (kind is null || name is null)
            return null;
        if (_owners.TryGetValue((kind, name), out PodOwner? known))
            return known;
        return Make(_owners)[(kind, name)] = new(Text(kind)!, name);
    }

    /// <summary>The list of these entries' names; the argument is only looked at, and may be reused.</summary>
    public IReadOnlyList<string> Names(List<(string Name, string Value)> entries)
    {
        _names.Clear();
        foreach ((string name, _) in entries)
            _names.Add(name);
        return List(_names);
    }

    /// <summary>The list with these ports; the argument is only looked at, and may be reused.</summary>
    public IReadOnlyList<DeclaredPort> Ports(List<DeclaredPort> draft)
    {
        if (draft.Count == 0)
            return [];
        if (_ports.TryGetValue(draft, out IReadOnlyList<DeclaredPort>? known))
            return known;
        DeclaredPort[] ports = draft.ToArray();
        return Make(_ports)[ports] = ports;
    }

    public ContainerTraffic Container(ContainerTraffic container) => Share(_containers, container);

    public PodTrafficFacts Traffic(PodTrafficFacts traffic) => Share(_traffic, traffic);

    private static T Share<T>(HashSet<T> values, T value)
    {
        if (values.TryGetValue(value, out T? known))
            return known;
        if (values.Count == Capacity)
            values.Clear();
        values.Add(value);
        return value;
    }

    private static Dictionary<TKey, TValue> Make<TKey, TValue>(Dictionary<TKey, TValue> values) where TKey : notnull
    {
        if (values.Count == Capacity)
            values.Clear();
        return values;
    }

    private sealed class SequenceComparer<T> : IEqualityComparer<IReadOnlyList<T>>
    {
        public bool Equals(IReadOnlyList<T>? x, IReadOnlyList<T>? y)
        {
            if (x is null || y is null || x.Count != y.Count)
                return ReferenceEquals(x, y);
            for (int i = 0; i < x.Count; i++)
            {
                if (!EqualityComparer<T>.Default.Equals(x[i], y[i]))
                    return false;
            }
            return true;
        }

        public int GetHashCode(IReadOnlyList<T> list)
        {
            var hash = new HashCode();
            for (int i = 0; i < list.Count; i++)
                hash.Add(list[i]);
            return hash.ToHashCode();
        }
    }
}
