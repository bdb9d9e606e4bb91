namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>The module's own page: a description and one entry for each cmdlet. Get-Help has no place for it; it is there for readers on the web.</summary>
/// <param name="File">Path of the page.</param>
/// <param name="Commands">Its entries.</param>
internal sealed record ModulePage(string File, IReadOnlyList<RelatedLink> Commands);
