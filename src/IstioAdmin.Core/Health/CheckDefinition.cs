namespace IstioAdmin.Core.Health;

/// <summary>A check before it was made: the row of a table.</summary>
/// <param name="Category">What it belongs to.</param>
/// <param name="Name">Short stable name in PascalCase.</param>
/// <param name="Severity">What it means when it fails.</param>
/// <param name="Description">What must hold, as a phrase.</param>
/// <param name="Source">Where the rule comes from.</param>
internal sealed record CheckDefinition(string Category, string Name, CheckSeverity Severity, string Description, string Source)
{
    public MeshCheck Pass(string cluster, string? target, string message) => Make(cluster, target, CheckStatus.Pass, message, null);

    public MeshCheck Warn(string cluster, string? target, string message, string hint) => Make(cluster, target, CheckStatus.Warn, message, hint);

    public MeshCheck Fail(string cluster, string? target, string message, string hint) => Make(cluster, target, CheckStatus.Fail, message, hint);

    public MeshCheck Skip(string cluster, string? target, string message, string? hint = null) => Make(cluster, target, CheckStatus.Skip, message, hint);

    /// <summary>A check that could not be made, because a request failed. The failure names the permission where one was missing.</summary>
    public MeshCheck Skip(string cluster, string? target, MeshException failure) => Skip(cluster, target, failure.Message, failure.Remedy);

    private MeshCheck Make(string cluster, string? target, CheckStatus status, string message, string? hint) => new()
    {
        Cluster = cluster,
        Category = Category,
        Name = Name,
        Target = target,
        Status = status,
        Severity = Severity,
        Description = Description,
        Message = message,
        Hint = hint,
        Source = Source,
    };
}
