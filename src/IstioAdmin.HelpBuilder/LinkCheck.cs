using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder;

/// <summary>Checks that links between pages lead somewhere, and that the module's page has an entry for each cmdlet.</summary>
internal static class LinkCheck
{
    /// <summary>What leads nowhere or is missing.</summary>
    public static IEnumerable<PageProblem> Check(HelpSet set, string folder)
    {
        IEnumerable<(string File, RelatedLink Link)> links = set.Commands.SelectMany(page => page.Links.Select(link => (page.File, link)));
        if (set.Module is not null)
            links = links.Concat(set.Module.Commands.Select(link => (set.Module.File, link)));

        foreach ((string file, RelatedLink link) in links)
        {
            if (!link.IsWeb && !File.Exists(Path.Combine(folder, link.Address)))
                yield return new PageProblem(file, link.Line, $"The link '{link.Text}' leads to '{link.Address}', which is not there.");
        }

        if (set.Module is null)
            yield break;
        foreach (CommandPage page in set.Commands.Where(page => set.Module.Commands.All(entry => entry.Text != page.Name)))
            yield return new PageProblem(set.Module.File, 1, $"The module's page has no entry for {page.Name}.");
    }
}
