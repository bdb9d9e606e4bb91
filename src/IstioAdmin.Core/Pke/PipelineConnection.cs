namespace IstioAdmin.Core.Pke;

/// <summary>A connected Pipeline and one organization in it: what <c>Connect-Pipeline</c> returns. Its token is nowhere to be read.</summary>
public sealed class PipelineConnection : IDisposable
{
    internal PipelineConnection(PipelineClient client) => Client = client;

    /// <summary>The name it goes by in <c>-Pipeline</c>; organization and host unless another was given.</summary>
    public required string Name { get; init; }

    /// <summary>Base address of Pipeline, to which <c>/api/v1</c> is appended.</summary>
    public Uri Endpoint => Client.Endpoint;

    /// <summary>Name of the organization.</summary>
    public required string Organization { get; init; }

    /// <summary>The number by which the API knows the organization.</summary>
    public required long OrganizationId { get; init; }

    /// <summary>Pipeline's own version, as it says it; null when it does not say.</summary>
    public string? Version { get; init; }

    internal PipelineClient Client { get; }

    /// <summary>Address of the service that knows the clouds' regions and instance types; null when there is none to ask.</summary>
    internal Uri? CloudInfo { get; init; }

    /// <summary>Path of something of this organization, relative to the endpoint.</summary>
    internal string Path(string rest) => FormattableString.Invariant($"api/v1/orgs/{OrganizationId}/{rest}");

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>Closes the connections to the server.</summary>
    public void Dispose() => Client.Dispose();
}
