using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>Something that goes wrong between a request and its answer.</summary>
public sealed class PipelineFault
{
    private PipelineFault(Func<HttpContext, Func<Task>, Task> happen) => Happen = happen;

    internal Func<HttpContext, Func<Task>, Task> Happen { get; }

    /// <summary>The token is no longer valid.</summary>
    public static PipelineFault Unauthorized { get; } = Error(401, "Unauthorized");

    /// <summary>A page of a proxy in front of the service, with this status.</summary>
    public static PipelineFault ProxyPage(int status = 502) => new(async (context, _) =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html";
        await context.Response.WriteAsync("<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1><p>proxy.example.org</p></body></html>");
    });

    /// <summary>The service's own error.</summary>
    public static PipelineFault Error(int status, string message = "Internal server error") => new(async (context, _) =>
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(new { code = status, message, error = message });
    });

    /// <summary>The answer's JSON ends in the middle, and so does the connection's promise of more.</summary>
    public static PipelineFault TruncatedJson { get; } = new((context, answer) => RewriteAsync(context, answer, body => body[..(body.Length / 2)]));

    /// <summary>A body that is announced in full and breaks off.</summary>
    public static PipelineFault BrokenBody { get; } = new((context, answer) => RewriteAsync(context, answer, body => body[..(body.Length / 2)], announced: body => body.Length, abort: true));

    /// <summary>The answer comes a few bytes at a time, with this pause between.</summary>
    public static PipelineFault SlowBody(TimeSpan pause) => new(async (context, answer) =>
    {
        byte[] body = await CaptureAsync(context, answer);
        foreach (byte[] part in body.Chunk(Math.Max(1, body.Length / 8)))
        {
            await context.Response.Body.WriteAsync(part, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(pause, context.RequestAborted);
        }
    });

    /// <summary>No answer until the client gives up.</summary>
    public static PipelineFault Silence { get; } = new((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));

    /// <summary>Too many requests: come back at a time of day by the server's own clock, which is so far ahead of now.</summary>
    public static PipelineFault Throttle(TimeSpan wait) => new(async (context, _) =>
    {
        DateTimeOffset now = DateTimeOffset.TryParse(context.Response.Headers.Date, CultureInfo.InvariantCulture, out DateTimeOffset skewed) ? skewed : DateTimeOffset.UtcNow;
        context.Response.Headers.Date = now.ToString("R", CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = (now + wait).ToString("R", CultureInfo.InvariantCulture);
        context.Response.StatusCode = 429;
        await context.Response.WriteAsJsonAsync(new { code = 429, message = "Too many requests", error = "slow down" });
    });

    /// <summary>Another answer than the service's own, which never hears of the request.</summary>
    public static PipelineFault Answer(int status, string json) => new(async (context, _) =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
    });

    /// <summary>The service does what was asked, and the connection breaks before it can say so.</summary>
    public static PipelineFault LostAnswer { get; } = new(async (context, answer) =>
    {
        await CaptureAsync(context, answer);
        context.Abort();
    });

    private static async Task RewriteAsync(HttpContext context, Func<Task> answer, Func<byte[], byte[]> cut, Func<byte[], long>? announced = null, bool abort = false)
    {
        byte[] body = await CaptureAsync(context, answer);
        byte[] rest = cut(body);
        context.Response.ContentLength = announced?.Invoke(body) ?? rest.Length;
        await context.Response.Body.WriteAsync(rest);
        await context.Response.Body.FlushAsync();
        if (abort)
            context.Abort();
    }

    private static async Task<byte[]> CaptureAsync(HttpContext context, Func<Task> answer)
    {
        Stream real = context.Response.Body;
        using var copy = new MemoryStream();
        context.Response.Body = copy;
        await answer();
        context.Response.Body = real;
        return copy.ToArray();
    }
}
