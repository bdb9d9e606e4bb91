namespace IstioAdmin.Core.Pke.Requests;

/// <summary>Checks node pools before they are part of anything.</summary>
public static class PkeNodePools
{
    /// <summary>The pool, when nothing about it is known to be wrong.</summary>
    /// <exception cref="MeshException">It cannot be a pool of any cluster (<c>PkeRequestInvalid</c>); the message names every reason.</exception>
    public static PkeNodePool Checked(PkeNodePool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        PoolCheck.Check(pool);
        return pool;
    }
}
