namespace IstioAdmin.Core;

/// <summary>
/// A failure that an administrator can act on: it names what was asked, of whom, what came back and what to do next.
/// Everything this library throws on purpose is one of these; hosts turn it into their own form (an ErrorRecord in PowerShell).
/// </summary>
public class MeshException : Exception
{
    /// <summary>Creates a failure.</summary>
    /// <param name="errorId">Stable identifier in PascalCase, part of the public contract, for example <c>KubeconfigNotFound</c>.</param>
    /// <param name="kind">What sort of failure it is.</param>
    /// <param name="message">What went wrong; names server, namespace and object where there are any. Never holds a secret.</param>
    /// <param name="remedy">What to do next, as a sentence; null when nothing general can be said.</param>
    /// <param name="target">The object that the operation was about, if there is one.</param>
    /// <param name="inner">The cause.</param>
    public MeshException(string errorId, FailureKind kind, string message, string? remedy = null, object? target = null, Exception? inner = null)
        : base(message, inner)
    {
        ErrorId = errorId;
        Kind = kind;
        Remedy = remedy;
        Target = target;
    }

    /// <summary>Stable identifier; becomes the first part of FullyQualifiedErrorId.</summary>
    public string ErrorId { get; }

    /// <summary>What sort of failure it is.</summary>
    public FailureKind Kind { get; }

    /// <summary>What to do next.</summary>
    public string? Remedy { get; }

    /// <summary>The object that the operation was about.</summary>
    public object? Target { get; }

    /// <summary>Message and remedy as sentences, for a text that holds both. Servers end their words without a full stop.</summary>
    public string Advice => Remedy is null ? Message : $"{Message}{(Message.Length > 0 && ".!?".Contains(Message[^1], StringComparison.Ordinal) ? "" : ".")} {Remedy}";
}
