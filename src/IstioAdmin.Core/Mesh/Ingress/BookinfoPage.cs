using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>
/// Reads from Bookinfo's product page which services answered. The page is that of istio/istio
/// samples/bookinfo/src/productpage/templates/productpage.html, which was laid out anew with 1.18: stars coloured by a font before, by a class since.
/// </summary>
internal static partial class BookinfoPage
{
    public const string Title = "Simple Bookstore App";

    /// <summary>The services; empty when it is another page.</summary>
    public static IReadOnlyList<PageService> ServicesOf(string? title, string html)
    {
        bool details = html.Contains("Book Details", StringComparison.Ordinal), detailsFailed = html.Contains("Error fetching product details", StringComparison.Ordinal);
        bool reviews = html.Contains("Book Reviews", StringComparison.Ordinal), reviewsFailed = html.Contains("Error fetching product reviews", StringComparison.Ordinal);
        if (title != Title || !(details || detailsFailed || reviews || reviewsFailed))
            return [];
        List<PageService> services = [new PageService { Name = "productpage", Answered = true }];
        if (details || detailsFailed)
            services.Add(new PageService { Name = "details", Answered = !detailsFailed });
        if (reviewsFailed)
            services.Add(new PageService { Name = "reviews", Answered = false });
        else if (reviews)
            services.AddRange(ReviewsOf(html));
        return services;
    }

    // Version 1 asks for no ratings; 2 shows black stars, 3 red ones (samples/bookinfo/src/reviews, STAR_COLOR).
    private static IEnumerable<PageService> ReviewsOf(string html)
    {
        string? colour = Stars().Match(html) is { Success: true } stars ? stars.Groups["colour"].Value : null;
        bool ratingsFailed = html.Contains("Ratings service is currently unavailable", StringComparison.Ordinal);
        string? pod = ServedBy().Match(html) is { Success: true } served ? served.Groups["pod"].Value : null;
        string? version = pod is not null && PodVersion().Match(pod) is { Success: true } named
            ? named.Groups["version"].Value
            : colour switch { "black" => "v2", "red" => "v3", null when !ratingsFailed => "v1", _ => null };
        yield return new PageService { Name = "reviews", Version = version, Pod = pod, Answered = true };
        if (colour is not null || ratingsFailed)
            yield return new PageService { Name = "ratings", Answered = !ratingsFailed };
    }

    [GeneratedRegex("""<font color="(?<colour>\w+)">|class="flex gap-x-1 text-(?<colour>\w+)-500">""", RegexOptions.CultureInvariant)]
    private static partial Regex Stars();

    [GeneratedRegex(@"Reviews served by:\s*(?:<[^>]*>\s*)*(?<pod>[a-z0-9][-a-z0-9.]*)", RegexOptions.CultureInvariant)]
    private static partial Regex ServedBy();

    [GeneratedRegex(@"^reviews-(?<version>v\d+)-", RegexOptions.CultureInvariant)]
    private static partial Regex PodVersion();
}
