namespace IstioAdmin.Core.Kube.Listing;

/// <summary>A page whose metadata has been read and whose items can be; or the news that its token has expired.</summary>
internal abstract record OpenPage<T> : IDisposable
{
    private OpenPage()
    {
    }

    public abstract void Dispose();

    /// <summary>A page, and the buffers in which its items lie.</summary>
    public sealed record Ready(ListPage<T> Page, PageBody Body) : OpenPage<T>
    {
        public override void Dispose() => Body.Dispose();
    }

    /// <inheritdoc cref="PageAnswer.Expired"/>
    public sealed record Expired(string? Continue, MeshException Failure) : OpenPage<T>
    {
        public override void Dispose()
        {
        }
    }
}
