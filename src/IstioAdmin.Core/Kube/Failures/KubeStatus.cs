using System.Text.Json;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>What an API server says about a failed request: the fields of its <c>Status</c> object that tell one failure from another.</summary>
/// <remarks>Source: k8s.io/apimachinery, <c>pkg/apis/meta/v1/types.go</c>, types Status, StatusDetails and StatusCause.</remarks>
public sealed record KubeStatus
{
    /// <summary>HTTP status as the body repeats it; 0 when it does not.</summary>
    public int Code { get; init; }

    /// <summary>Machine-readable reason, for example <c>NotFound</c>, <c>Forbidden</c> or <c>Expired</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>The server's own words.</summary>
    public string? Message { get; init; }

    /// <summary>Name of the object that the failure is about.</summary>
    public string? Name { get; init; }

    /// <summary>API group of that object.</summary>
    public string? Group { get; init; }

    /// <summary>Resource or kind of that object; servers fill in either.</summary>
    public string? Kind { get; init; }

    /// <summary>Seconds to wait before another try, when the server asks for that in the body.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>One entry for each field or manager that caused the failure.</summary>
    public IReadOnlyList<KubeStatusCause> Causes { get; init; } = [];

    /// <summary>Reads a response body.</summary>
    /// <returns>The status, or null when the body is something else.</returns>
    public static KubeStatus? Parse(ReadOnlySpan<byte> body)
    {
        if (ProtobufStatus.IsEnvelope(body))
            return ProtobufStatus.Parse(body);
        var reader = new Utf8JsonReader(body);
        try
        {
            if (!JsonDocument.TryParseValue(ref reader, out JsonDocument? document))
                return null;
            using (document)
                return FromJson(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static KubeStatus? FromJson(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || root.Text("kind") != "Status")
            return null;
        JsonElement? details = root.Child("details");
        return new KubeStatus
        {
            Code = root.Number("code") ?? 0,
            Reason = root.Text("reason"),
            Message = root.Text("message"),
            Name = details?.Text("name"),
            Group = details?.Text("group"),
            Kind = details?.Text("kind"),
            RetryAfterSeconds = details?.Number("retryAfterSeconds"),
            Causes = details is { } d
                ? [.. d.Items("causes").Select(c => new KubeStatusCause(c.Text("reason"), c.Text("message"), c.Text("field")))]
                : [],
        };
    }
}
