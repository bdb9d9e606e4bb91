using System.Collections.Concurrent;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>What the server has refused for want of a permission, so that it is not asked again for each of thousands of nodes.</summary>
internal sealed class Refusals
{
    private readonly ConcurrentDictionary<string, MeshException> _known = [];

    /// <summary>Asks, unless the same was refused before.</summary>
    /// <param name="what">What is asked; the same words for what the same permission allows.</param>
    /// <param name="ask">Asks.</param>
    /// <exception cref="MeshException">It was refused, now or before, or failed otherwise.</exception>
    public async Task<T> RememberAsync<T>(string what, Func<Task<T>> ask)
    {
        if (_known.TryGetValue(what, out MeshException? refused))
            throw refused;
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            throw _known.GetOrAdd(what, e);
        }
    }
}
