namespace IstioAdmin.Core.Kube.Listing;

/// <summary>What the server said when it was asked for a page.</summary>
internal abstract record PageAnswer
{
    private PageAnswer()
    {
    }

    /// <summary>A page's bytes.</summary>
    public sealed record Bytes(PageBody Body, string MediaType) : PageAnswer;

    /// <summary>
    /// The token is too old: the server has compacted the version that the list began with (HTTP 410).
    /// </summary>
    /// <param name="Continue">
    /// A token with which the list goes on where it was, at the newest version, if the server offers one
    /// (the <c>metadata.continue</c> of the 410's Status; see "Retrieving large results sets in chunks" in the Kubernetes API concepts).
    /// </param>
    /// <param name="Failure">The error, for those who cannot go on.</param>
    public sealed record Expired(string? Continue, MeshException Failure) : PageAnswer;
}
