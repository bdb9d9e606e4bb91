using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke;

/// <summary>A secret that Pipeline keeps, by its names; what is in it is never asked for.</summary>
/// <param name="Id">The identifier by which requests name it.</param>
/// <param name="Name">Name.</param>
/// <param name="Type">What it is for: <c>amazon</c>, <c>azure</c>, <c>vsphere</c>, <c>ssh</c> and others.</param>
public sealed record PipelineSecret(string Id, string Name, string Type);

/// <summary>Finds an organization's secrets.</summary>
public static class PkeSecrets
{
    /// <summary>All secrets.</summary>
    /// <exception cref="PipelineException">They cannot be read.</exception>
    public static async Task<IReadOnlyList<PipelineSecret>> ListAsync(PipelineConnection pipeline, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        // Not filtered by the server: its filter knows fewer types than there are.
        JsonArray answer = await pipeline.Client.ListAsync(pipeline.Path("secrets"), $"list the secrets of '{pipeline.Organization}'", cancel).ConfigureAwait(false);
        return [.. answer.Where(item => item.TextAt("id") is not null)
            .Select(item => new PipelineSecret(item.TextAt("id")!, item.TextAt("name") ?? "", item.TextAt("type") ?? ""))];
    }

    /// <summary>Finds the secret for a cloud by its name or identifier.</summary>
    /// <exception cref="PipelineException">There is none (<c>PipelineSecretNotFound</c>), or it is for something else (<c>PipelineSecretUnfit</c>).</exception>
    public static async Task<PipelineSecret> FindAsync(PipelineConnection pipeline, string? name, string? id, string type, CancellationToken cancel)
    {
        IReadOnlyList<PipelineSecret> all = await ListAsync(pipeline, cancel).ConfigureAwait(false);
        PipelineSecret[] named = [.. all.Where(secret => id is null ? secret.Name == name : secret.Id == id)];
        if (named.FirstOrDefault(secret => secret.Type == type) is { } found)
            return found;
        string fitting = string.Join(", ", all.Where(secret => secret.Type == type).Select(secret => $"'{secret.Name}'"));
        string others = fitting.Length > 0 ? $"Those for {type} are: {fitting}." : $"It has none for {type}.";
        string remedy = fitting.Length > 0 ? "Name one of these." : $"Make one on Pipeline's web page, or with 'banzai secret create --type {type}'.";
        return named.Length > 0
            ? throw new PipelineException("PipelineSecretUnfit", FailureKind.InvalidInput,
                $"Secret '{name ?? id}' of organization '{pipeline.Organization}' is for {named[0].Type}, not for {type}. {others}", remedy, name ?? id)
            : throw new PipelineException("PipelineSecretNotFound", FailureKind.NotFound,
                $"Organization '{pipeline.Organization}' has no secret '{name ?? id}'. {others}", remedy, name ?? id);
    }
}
