namespace IstioAdmin.Sandbox.Traffic;

/// <summary>What became of a request.</summary>
internal sealed record MeshAnswer
{
    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public required int Status { get; init; }

    /// <summary>The content's type; null when there is none.</summary>
    public string? ContentType { get; init; }

    /// <summary>The content, or the reason why there was no answer.</summary>
    public string Content { get; init; } = "";

    /// <summary>Whether a proxy says it, and not an application.</summary>
    public bool IsOfProxy { get; init; }

    /// <summary>The calls that it took, in the order in which they were made.</summary>
    public IReadOnlyList<Hop> Hops { get; init; } = [];

    /// <summary>No answer.</summary>
    /// <param name="reason">Why.</param>
    public static MeshAnswer None(string reason) => new() { Status = 0, Content = reason };

    /// <summary>A page.</summary>
    public static MeshAnswer Html(string html) => new() { Status = 200, ContentType = "text/html; charset=utf-8", Content = html };

    /// <summary>An object.</summary>
    public static MeshAnswer Json(System.Text.Json.Nodes.JsonObject value, int status = 200) => new() { Status = status, ContentType = "application/json", Content = value.ToJsonString() };

    /// <summary>A line of text.</summary>
    public static MeshAnswer Text(int status, string text, bool ofProxy = false) => new() { Status = status, ContentType = "text/plain", Content = text, IsOfProxy = ofProxy };
}
