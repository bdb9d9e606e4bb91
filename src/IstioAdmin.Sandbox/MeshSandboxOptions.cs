namespace IstioAdmin.Sandbox;

/// <summary>What a sandbox is like.</summary>
public sealed record MeshSandboxOptions
{
    /// <summary>Its name, which is that of its context as well; null for the one in the file at <see cref="Path"/>, or <c>sandbox</c>.</summary>
    public string? Name { get; init; }

    /// <summary>How many nodes, 1 to 5,000; null for as many as in the file at <see cref="Path"/>, or 3.</summary>
    public int? Nodes { get; init; }

    /// <summary>
    /// The file that keeps its state: it starts from what is there, and writes it when it stops. It holds the secrets of the cluster. Null keeps nothing.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>How many times faster than a real one its Pipeline creates, changes and removes clusters; more than 0.</summary>
    public double Speed { get; init; } = 500;
}
