namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>An entry under RELATED LINKS.</summary>
/// <param name="Text">What is shown.</param>
/// <param name="Address">A page beside this one, or a web address; empty when only a name is given.</param>
/// <param name="Line">Its line.</param>
internal sealed record RelatedLink(string Text, string Address, int Line)
{
    /// <summary>Whether it leads out of the help.</summary>
    public bool IsWeb => Uri.TryCreate(Address, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp);
}
