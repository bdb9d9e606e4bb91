namespace IstioAdmin.Core.Cni;

/// <summary>Files of a node.</summary>
public interface INodeFiles
{
    /// <summary>Lists directories of a node, and reads what is needed of the files in them.</summary>
    /// <param name="node">The node.</param>
    /// <param name="directories">Paths on the node.</param>
    /// <param name="cancel">Cancels the reading.</param>
    /// <returns>One entry for each path, in their order; a directory that could not be read says why in <see cref="NodeDirectory.Problem"/>.</returns>
    /// <exception cref="MeshException">The node could not be read at all.</exception>
    Task<IReadOnlyList<NodeDirectory>> ReadAsync(string node, IReadOnlyList<string> directories, CancellationToken cancel);
}

/// <summary>A directory of a node.</summary>
/// <param name="Path">Its path on the node.</param>
/// <param name="Files">What is in it, hidden files too, in the order of their names' bytes.</param>
/// <param name="Problem">Why it could not be read, as a phrase that goes on after its path; null when it was.</param>
public sealed record NodeDirectory(string Path, IReadOnlyList<NodeFile> Files, string? Problem = null);

/// <summary>What sort of entry a file is.</summary>
public enum NodeFileType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A socket, a pipe, a device.</summary>
    Other,
}

/// <summary>A file of a node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What sort of entry it is.</param>
public sealed record NodeFile(string Name, NodeFileType Type)
{
    /// <summary>Whether it can be executed.</summary>
    public bool Executable { get; init; }

    /// <summary>Where it points to, when it is a link.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>What is in it, for CNI configurations (*.conf, *.conflist, *.json); null when it was not read.</summary>
    public string? Content { get; init; }

    /// <summary>
    /// The payload of the token in it, for kubeconfigs: the middle part of the JWT, base64url. The signature is never read, so that the token
    /// itself does not leave the node. Empty when there is no such token in it; null when it was not looked for.
    /// </summary>
    public string? TokenPayload { get; init; }

    /// <summary>Why its content could not be read, as a phrase; null when it was read or not asked for.</summary>
    public string? Problem { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
