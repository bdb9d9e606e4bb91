namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Something about a pod's redirection that an administrator should know.</summary>
/// <param name="Name">Short stable name in PascalCase, for example <c>InboundEscapes</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Text">What was found, as a sentence.</param>
/// <param name="Remedy">What to do, as a sentence; null when nothing need be done.</param>
public sealed record RedirectionFinding(string Name, FindingSeverity Severity, string Text, string? Remedy);

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>Traffic enters the proxy as it should, but something else is wrong or will be.</summary>
    Warning,

    /// <summary>Traffic escapes, loops, or cannot be judged.</summary>
    Error,
}
