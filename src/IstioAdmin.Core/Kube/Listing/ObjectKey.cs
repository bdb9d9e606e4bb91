namespace IstioAdmin.Core.Kube.Listing;

/// <summary>
/// What tells an object from its siblings, ordered as an API server lists them: by the key under which it stores them,
/// <c>namespace/name</c>. The order is that of the joined key, not of the namespace first: <c>a-b/x</c> comes before <c>a/x</c>,
/// because <c>-</c> sorts before <c>/</c>.
/// </summary>
/// <param name="Namespace">Namespace; null or empty for cluster-scoped objects.</param>
/// <param name="Name">Name.</param>
public readonly record struct ObjectKey(string? Namespace, string Name) : IComparable<ObjectKey>
{
    /// <inheritdoc/>
    public int CompareTo(ObjectKey other) => string.Equals(Namespace, other.Namespace, StringComparison.Ordinal)
        ? string.CompareOrdinal(Name, other.Name)
        : string.CompareOrdinal(ToString(), other.ToString());

    /// <summary>Whether <paramref name="left"/> is listed before <paramref name="right"/>.</summary>
    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is listed after <paramref name="right"/>.</summary>
    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is not listed after <paramref name="right"/>.</summary>
    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is not listed before <paramref name="right"/>.</summary>
    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;

    /// <summary>The key: <c>namespace/name</c>, or the name alone.</summary>
    public override string ToString() => string.IsNullOrEmpty(Namespace) ? Name : $"{Namespace}/{Name}";
}
