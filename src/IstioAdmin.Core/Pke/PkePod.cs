namespace IstioAdmin.Core.Pke;

/// <summary>A pod as Pipeline tells of it.</summary>
/// <param name="Namespace">Namespace.</param>
/// <param name="Name">Name.</param>
/// <param name="Ready">Whether its condition Ready holds.</param>
/// <param name="RestartPolicy">Always, OnFailure or Never.</param>
/// <param name="CreatedAt">When it was made, by the server's clock.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Resources">What it asks for.</param>
public sealed record PkePod(
    string Namespace, string Name, bool Ready, string? RestartPolicy, DateTimeOffset? CreatedAt, IReadOnlyDictionary<string, string> Labels, PkeResources? Resources)
{
    /// <summary>Namespace and name.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
