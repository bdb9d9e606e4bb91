namespace IstioAdmin.Core.Pke;

/// <summary>A service that can be reached from outside.</summary>
/// <param name="Name">Name of the service.</param>
/// <param name="Host">Its public address.</param>
/// <param name="Urls">What is served there.</param>
public sealed record PkeEndpoint(string Name, string? Host, IReadOnlyList<string> Urls)
{
    /// <summary>Name and address.</summary>
    public override string ToString() => $"{Name} {Host}";
}
