namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>A conceptual topic, <c>about_…</c>.</summary>
/// <param name="File">Path of the page.</param>
/// <param name="Name">Name of the topic.</param>
/// <param name="Sections">Its sections; the first one is the short description.</param>
internal sealed record AboutPage(string File, string Name, IReadOnlyList<Section> Sections);
