using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Pke.Failures;
using IstioAdmin.Core.Pke.Requests;

namespace IstioAdmin.Core.Pke.Changes;

/// <summary>What has become of a request for a cluster.</summary>
/// <param name="Cluster">The cluster, as far as Pipeline tells of it.</param>
/// <param name="Created">Whether this request made it; false when it was there, or under way, already.</param>
public sealed record PkeCreated(PkeCluster Cluster, bool Created);

/// <summary>Creates clusters.</summary>
public static class PkeCreation
{
    /// <summary>The body of an order's request, checked as far as that goes without asking anybody.</summary>
    /// <exception cref="MeshException">The order cannot be carried out (<c>PkeRequestInvalid</c>, <c>PkeCloudUnknown</c>).</exception>
    public static JsonObject Body(PkeClusterOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        PkeOrderCheck.Check(order);
        return PkeCloud.Named(order.Cloud).Create(order);
    }

    /// <summary>A body that somebody wrote, checked as far as its form is known.</summary>
    /// <param name="body">The body.</param>
    /// <param name="name">The name to put in instead of the one that it has; null to leave it.</param>
    /// <exception cref="MeshException">It cannot be a request for a cluster (<c>PkeRequestInvalid</c>).</exception>
    public static JsonObject Checked(JsonObject body, string? name)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (name is not null)
            body["name"] = name;
        PkeBodyCheck.Check(body);
        return body;
    }

    /// <summary>Checks an order, also against what Pipeline and the cloud have, and finds its secret.</summary>
    /// <returns>The order with the secret's identifier.</returns>
    /// <exception cref="MeshException">The order cannot be carried out (<c>PkeRequestInvalid</c>, <c>PipelineSecretNotFound</c> and others).</exception>
    public static async Task<PkeClusterOrder> ResolveAsync(PipelineConnection pipeline, PkeClusterOrder order, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(order);
        PkeCloud cloud = PkeCloud.Named(order.Cloud);
        // What is wrong with the order itself comes first. The secret's name is enough for that.
        PkeOrderCheck.Check(order with { SecretId = order.SecretId ?? order.SecretName });
        PipelineSecret secret = await PkeSecrets.FindAsync(pipeline, order.SecretName, order.SecretId, cloud.Name, cancel).ConfigureAwait(false);
        PkeClusterOrder resolved = order with { SecretId = secret.Id, SecretName = secret.Name };
        await CloudCheck.CheckAsync(pipeline, resolved, reporter, cancel).ConfigureAwait(false);
        return resolved;
    }

    /// <summary>The cluster of a body's name, if it is there as the body wants it.</summary>
    /// <returns>Null when there is none of that name.</returns>
    /// <exception cref="PipelineException">There is another one of that name (<c>PkeClusterExists</c>), or it is being deleted.</exception>
    public static async Task<PkeCluster?> FindExistingAsync(PipelineConnection pipeline, JsonObject body, CancellationToken cancel)
    {
        PkeCluster? existing = await PkeClusters.TryFindAsync(pipeline, Name(body), cancel).ConfigureAwait(false);
        if (existing is null)
            return null;
        if (existing.Status == PkeClusterStatus.Deleting)
        {
            throw new PipelineException("PkeClusterExists", FailureKind.Conflict, $"Organization '{pipeline.Organization}' has a cluster '{existing.Name}' that is being deleted.",
                $"Wait until it is gone with: {Waiting.PkeWait.Resume(existing)}", existing);
        }
        string[] differences = [.. PkeDifference.Find(existing, body)];
        if (differences.Length > 0)
        {
            throw new PipelineException("PkeClusterExists", FailureKind.Conflict,
                $"Organization '{pipeline.Organization}' has another cluster '{existing.Name}' already (number {existing.Id}): {string.Join("; ", differences)}.",
                "Choose another name, change it with Set-PkeCluster, or remove it with Remove-PkeCluster.", existing);
        }
        return existing.Status != PkeClusterStatus.Error ? existing : throw new PipelineException("PkeClusterFailed", FailureKind.Conflict,
            $"Organization '{pipeline.Organization}' has such a cluster '{existing.Name}' already, and it failed: {existing.StatusMessage ?? "Pipeline does not say why"}",
            "Remove it with Remove-PkeCluster, with -Force if it cannot be removed cleanly, then create it again.", existing);
    }

    /// <summary>Sends a request for a cluster.</summary>
    /// <exception cref="PipelineException">Pipeline refuses it, or could not be reached.</exception>
    public static async Task<PkeCreated> CreateAsync(PipelineConnection pipeline, JsonObject body, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(reporter);
        string name = Name(body), about = $"create cluster '{name}'";
        HttpStatusCode status;
        JsonNode? answer;
        try
        {
            (status, answer) = await pipeline.Client.SendAsync(HttpMethod.Post, pipeline.Path("clusters"), body, about, cancel).ConfigureAwait(false);
        }
        catch (PipelineException e) when (Transient.Includes(e))
        {
            // Nobody knows whether the request arrived. If it did, the cluster is there.
            return await AfterLostAnswerAsync(pipeline, name, e, reporter, cancel).ConfigureAwait(false);
        }
        // 201: somebody, perhaps we in an earlier run, asked for it already.
        if (status == HttpStatusCode.Created)
        {
            reporter.Detail($"Cluster '{name}' is already being created: {answer.TextAt("message") ?? "HTTP 201"}");
            return new PkeCreated(await AwaitListedAsync(pipeline, name, cancel).ConfigureAwait(false), Created: false);
        }
        if (PkeReading.Number(answer.At("id")) is not { } id)
            throw AnswerFailures.Unexpected(pipeline.Client, about, "has no 'id'");
        return new PkeCreated(Fresh(pipeline, id, answer.TextAt("name") ?? name, body), Created: true);
    }

    private static string Name(JsonObject body) => body.TextAt("name")!;

    private static async Task<PkeCreated> AfterLostAnswerAsync(PipelineConnection pipeline, string name, PipelineException lost, IReporter reporter, CancellationToken cancel)
    {
        PkeCluster? found;
        try
        {
            found = await PkeClusters.TryFindAsync(pipeline, name, cancel).ConfigureAwait(false);
        }
        catch (PipelineException)
        {
            throw Unknown(lost, name);
        }
        if (found is null)
            throw Unknown(lost, name);
        reporter.Warn($"{lost.Message.TrimEnd('.')}. The cluster is there all the same.");
        return new PkeCreated(found, Created: true);
    }

    private static PipelineException Unknown(PipelineException lost, string name) => new(
        lost.ErrorId, lost.Kind, lost.Message,
        $"Nobody knows whether the request arrived: see with Get-PkeCluster {name}. The same command can be run again in any case; it finds what is there.", name, lost, lost.StatusCode, lost.Error);

    private static async Task<PkeCluster> AwaitListedAsync(PipelineConnection pipeline, string name, CancellationToken cancel) =>
        await PkeClusters.TryFindAsync(pipeline, name, cancel).ConfigureAwait(false) ?? throw new PipelineException(
            "PkeClusterNotFound", FailureKind.NotFound, $"Pipeline says that cluster '{name}' is being created already, but does not list it in organization '{pipeline.Organization}'.",
            "Look again in a moment with Get-PkeCluster.", name);

    /// <summary>What is known of a cluster from the answer that accepts it.</summary>
    private static PkeCluster Fresh(PipelineConnection pipeline, long id, string name, JsonObject body) => new(pipeline)
    {
        Id = id,
        Name = name,
        Status = PkeClusterStatus.Creating,
        StatusText = "CREATING",
        StatusMessage = "Cluster creation is in progress",
        Distribution = "pke",
        Cloud = PkeCloud.Of(body)?.Name,
        Location = body.TextAt("location"),
        Resource = new JsonObject { ["id"] = id, ["name"] = name },
    };
}
