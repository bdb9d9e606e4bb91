namespace IstioAdmin.Iptables.Model;

/// <summary>Keeps lists in a form that every language can index: what a collection expression makes for an interface is not public, and PowerShell does not see into it.</summary>
internal static class Listable
{
    /// <summary>The list itself when it is an array or a <see cref="List{T}"/>, else a copy of it.</summary>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> list) => list is T[] or List<T> ? list : list.ToArray();
}
