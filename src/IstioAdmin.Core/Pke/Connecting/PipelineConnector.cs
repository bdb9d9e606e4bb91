using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Pke.Failures;

namespace IstioAdmin.Core.Pke.Connecting;

/// <summary>Connects to Pipelines.</summary>
public static class PipelineConnector
{
    /// <summary>Connects: asks the version, and finds the organization.</summary>
    /// <param name="options">Which Pipeline, and as whom.</param>
    /// <param name="reporter">Hears warnings.</param>
    /// <param name="cancel">Cancels connecting.</param>
    /// <exception cref="MeshException">The options cannot be used, or Pipeline cannot be reached or does not let us in.</exception>
    public static Task<PipelineConnection> ConnectAsync(PipelineOptions options, IReporter reporter, CancellationToken cancel) =>
        ConnectAsync(options, KubeEnvironment.Current, reporter, retryTime: null, cancel);

    /// <summary>Names of the organizations that a token gives access to.</summary>
    /// <exception cref="MeshException">As <see cref="ConnectAsync(PipelineOptions, IReporter, CancellationToken)"/>.</exception>
    public static async Task<IReadOnlyList<string>> OrganizationsAsync(PipelineOptions options, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(reporter);
        PipelineLogin login = PipelineLogin.Resolve(options, KubeEnvironment.Current);
        using var client = new PipelineClient(login.Endpoint, login.Token, login.Trust, options.Timeout, retryTime: null);
        return [.. (await OrganizationsAsync(client, options.Timeout, cancel).ConfigureAwait(false)).Select(organization => organization.Name)];
    }

    internal static async Task<PipelineConnection> ConnectAsync(
        PipelineOptions options, KubeEnvironment environment, IReporter reporter, TimeProvider? retryTime, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(reporter);
        PipelineLogin login = PipelineLogin.Resolve(options, environment);
        foreach (string warning in login.Warnings)
            reporter.Warn(warning);
        reporter.Detail($"{login.Endpoint.Name()}: the token is that of {login.TokenSource}.");
        var client = new PipelineClient(login.Endpoint, login.Token, login.Trust, options.Timeout, retryTime);
        try
        {
            string? version = await VersionAsync(client, options.Timeout, cancel).ConfigureAwait(false);
            Organization organization = Choose(await OrganizationsAsync(client, options.Timeout, cancel).ConfigureAwait(false), login, client);
            return new PipelineConnection(client)
            {
                Name = options.Name ?? $"{organization.Name}@{login.Endpoint.Authority}",
                Organization = organization.Name,
                OrganizationId = organization.Id,
                Version = version,
                CloudInfo = login.CloudInfo,
            };
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>The version, which also tells whether this is Pipeline at all. The API has it below /api, and the command line asks at the root.</summary>
    private static async Task<string?> VersionAsync(PipelineClient client, TimeSpan timeout, CancellationToken cancel)
    {
        const string About = "get Pipeline's version";
        JsonNode? answer;
        try
        {
            answer = await client.GetAsync("api/version", About, timeout, cancel).ConfigureAwait(false);
        }
        catch (PipelineException e) when (e.ErrorId == "PipelineNotFound")
        {
            answer = await OlderVersionAsync(client, About, timeout, e, cancel).ConfigureAwait(false);
        }
        return answer is JsonObject fields && (fields.ContainsKey("version") || fields.ContainsKey("commit_hash") || fields.ContainsKey("build_date"))
            ? fields.TextAt("version")
            : throw NotPipeline(client, "what came back for its version is none", null);
    }

    private static async Task<JsonNode?> OlderVersionAsync(PipelineClient client, string about, TimeSpan timeout, PipelineException missing, CancellationToken cancel)
    {
        try
        {
            return await client.GetAsync("version", about, timeout, cancel).ConfigureAwait(false);
        }
        catch (PipelineException e) when (e.ErrorId is "PipelineNotFound" or "PipelineAnswerInvalid")
        {
            throw NotPipeline(client, "nothing there knows its version", missing);
        }
    }

    private static PipelineException NotPipeline(PipelineClient client, string why, Exception? cause) => new(
        "NotPipeline", FailureKind.InvalidResponse, $"{client.Endpoint.Name()} is not Pipeline's API: {why}.",
        "Give the base address, to which /api/v1 is appended; where Pipeline was installed with its own web page it ends in /pipeline.", client.Endpoint, cause);

    private static async Task<IReadOnlyList<Organization>> OrganizationsAsync(PipelineClient client, TimeSpan timeout, CancellationToken cancel)
    {
        const string About = "list the organizations";
        JsonNode? answer = await client.GetAsync("api/v1/orgs", About, timeout, cancel).ConfigureAwait(false);
        if (answer is not JsonArray list)
            throw AnswerFailures.Unexpected(client, About, "is no list");
        return
        [
            .. list.Select(item => PkeReading.Number(item.At("id")) is { } id && item.TextAt("name") is { } name
                ? new Organization(id, name, item.TextAt("normalizedName"))
                : throw AnswerFailures.Unexpected(client, About, "has an entry without 'id' or 'name'")),
        ];
    }

    private static Organization Choose(IReadOnlyList<Organization> all, PipelineLogin login, PipelineClient client)
    {
        string names = string.Join(", ", all.Select(organization => organization.Name));
        if (login.Organization is { } wanted)
        {
            return all.FirstOrDefault(organization => organization.Is(wanted)) ?? throw new PipelineException(
                "OrganizationNotFound", FailureKind.NotFound,
                $"{client.Endpoint.Name()}: the token gives access to no organization '{wanted}'{(names.Length > 0 ? $", but to: {names}" : ", nor to any other")}.",
                "Choose one of these with -Organization.", wanted);
        }
        return all switch
        {
            [var only] => only,
            [] => throw new PipelineException("OrganizationNotFound", FailureKind.NotFound, $"{client.Endpoint.Name()}: the token gives access to no organization.",
                "Have its owner added to an organization.", client.Endpoint),
            _ => throw new PipelineException("OrganizationNeeded", FailureKind.InvalidInput, $"{client.Endpoint.Name()}: the token gives access to several organizations: {names}.",
                "Choose one of these with -Organization.", client.Endpoint),
        };
    }

    private sealed record Organization(long Id, string Name, string? NormalizedName)
    {
        public bool Is(string wanted) =>
            string.Equals(Name, wanted, StringComparison.OrdinalIgnoreCase)
            || string.Equals(NormalizedName, wanted, StringComparison.OrdinalIgnoreCase)
            || (long.TryParse(wanted, out long id) && id == Id);
    }
}
