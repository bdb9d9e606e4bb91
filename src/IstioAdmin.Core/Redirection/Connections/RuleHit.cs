namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>A rule whose counter rose.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Number">Its number in the chain, from 1.</param>
/// <param name="Text">The rule as its program prints it.</param>
/// <param name="Packets">By how many packets.</param>
/// <param name="Predicted">Whether the application's packet was to match it.</param>
public sealed record RuleHit(string Table, string Chain, int Number, string Text, ulong Packets, bool Predicted)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Table} {Chain} {Number}: {Text} (+{Packets})";
}
