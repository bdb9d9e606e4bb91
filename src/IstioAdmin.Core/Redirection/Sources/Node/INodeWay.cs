namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>A way to run <see cref="NodeScript"/> on a node. To dispose it takes away what it made there.</summary>
internal interface INodeWay : IAsyncDisposable
{
    /// <summary>Who reads.</summary>
    NodeReader Reader { get; }

    /// <summary>Starts the script; can be called again after a run.</summary>
    /// <exception cref="MeshException">It cannot be started.</exception>
    Task<INodeShell> OpenAsync(CancellationToken cancel);
}
