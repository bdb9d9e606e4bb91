using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>Which lines of a log are wanted (<c>PodLogOptions</c>).</summary>
internal sealed record LogOptions
{
    /// <summary>Whether lines to come are wanted as well.</summary>
    public bool Follow { get; init; }

    /// <summary>Whether those of the container before the present one are wanted.</summary>
    public bool Previous { get; init; }

    /// <summary>Whether each begins with its time.</summary>
    public bool Timestamps { get; init; }

    /// <summary>How many of the last ones; null for all.</summary>
    public long? TailLines { get; init; }

    /// <summary>How many bytes at most; null for no limit.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Since when; null for the beginning.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Reads them.</summary>
    /// <param name="query">The query's parameters.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ApiException">400 or 422: they make no sense.</exception>
    public static LogOptions Read(HttpQuery query, string pod, DateTimeOffset now)
    {
        long? tail = Number(query, "tailLines"), limit = Number(query, "limitBytes"), seconds = Number(query, "sinceSeconds");
        DateTimeOffset? since = null;
        if (query["sinceTime"] is { Length: > 0 } time)
        {
            since = DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset parsed)
                ? parsed
                : throw PodContainers.BadRequest($"parsing time {Go.Quote(time)} as \"2006-01-02T15:04:05Z07:00\": cannot parse it");
        }
        if (tail < 0)
            throw Invalid(pod, "tailLines", "FieldValueInvalid", $"Invalid value: {tail}: must be greater than or equal to 0");
        if (limit < 1)
            throw Invalid(pod, "limitBytes", "FieldValueInvalid", $"Invalid value: {limit}: must be greater than 0");
        if (seconds is not null && since is not null)
            throw Invalid(pod, "[]", "FieldValueForbidden", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified");
        if (seconds < 1)
            throw Invalid(pod, "sinceSeconds", "FieldValueInvalid", $"Invalid value: {seconds}: must be greater than 0");
        return new LogOptions
        {
            Follow = query.Flag("follow"),
            Previous = query.Flag("previous"),
            Timestamps = query.Flag("timestamps"),
            TailLines = tail,
            LimitBytes = limit,
            Since = seconds is { } ago ? now.AddSeconds(-Math.Min(ago, 1_000_000_000)) : since,
        };
    }

    private static long? Number(HttpQuery query, string name)
    {
        if (query[name] is not { Length: > 0 } text)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw PodContainers.BadRequest($"strconv.ParseInt: parsing {Go.Quote(text)}: invalid syntax");
    }

    private static ApiException Invalid(string pod, string field, string reason, string message) => new(
        422, "Invalid", $"PodLogOptions {Go.Quote(pod)} is invalid: {field}: {message}", new JsonObject
        {
            ["name"] = pod,
            ["kind"] = "PodLogOptions",
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = reason, ["message"] = message, ["field"] = field }),
        });
}
