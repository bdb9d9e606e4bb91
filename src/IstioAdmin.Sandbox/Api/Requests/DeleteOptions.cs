using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>How to delete.</summary>
internal sealed record DeleteOptions
{
    /// <summary>The seconds that a pod has to end; null for its own.</summary>
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Orphan, Background or Foreground; null for the type's own.</summary>
    public string? PropagationPolicy { get; init; }

    /// <summary>The uid that the object must have; null for any.</summary>
    public string? Uid { get; init; }

    /// <summary>The version that the object must have; null for any.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Whether nothing is to be deleted.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Reads a request's options: the body's, or else those of the query.</summary>
    public static async Task<DeleteOptions> ReadAsync(RequestContext context) =>
        Read(await RequestBody.ReadObjectAsync(context.Exchange).ConfigureAwait(false), context.Exchange.Query);

    /// <summary>Reads options.</summary>
    /// <exception cref="ApiException">An option has no such value (422).</exception>
    public static DeleteOptions Read(JsonObject? body, HttpQuery? query)
    {
        if (body is { Count: > 0 } && body.TextAt("kind") is not null and not "DeleteOptions")
            throw ApiErrors.BadRequest($"decoded object cannot be converted to DeleteOptions");
        string? grace = body?["gracePeriodSeconds"]?.ToString() ?? query?["gracePeriodSeconds"];
        string? policy = body.TextAt("propagationPolicy") ?? query?["propagationPolicy"];
        bool? orphans = body.FlagAt("orphanDependents") ?? (query?["orphanDependents"] is { } text ? text == "true" : null);
        if (policy is not null && orphans is not null)
            throw ApiErrors.Invalid("meta.k8s.io", "DeleteOptions", "", [FieldError.Invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set")]);
        if (policy is not null and not ("Orphan" or "Background" or "Foreground"))
            throw ApiErrors.Invalid("meta.k8s.io", "DeleteOptions", "", [FieldError.NotSupported("propagationPolicy", policy, "Foreground", "Background", "Orphan", "nil")]);
        return new DeleteOptions
        {
            GracePeriodSeconds = long.TryParse(grace, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) ? seconds : null,
            PropagationPolicy = policy ?? (orphans is null ? null : orphans.Value ? "Orphan" : "Background"),
            Uid = body.TextAt("preconditions.uid"),
            ResourceVersion = body.TextAt("preconditions.resourceVersion"),
            IsDryRun = body.TextsAt("dryRun").Contains("All") || query?.All("dryRun").Contains("All") == true,
        };
    }
}
