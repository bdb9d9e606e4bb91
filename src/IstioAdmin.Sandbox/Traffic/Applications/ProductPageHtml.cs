using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Traffic.Applications;

/// <summary>
/// The product page of the sandbox's Bookinfo: says what the sample's page says, by the same words where programs look for them
/// (istio/istio samples/bookinfo/src/productpage/templates/productpage.html), and below which pods answered, and how the calls to them were protected.
/// </summary>
internal static class ProductPageHtml
{
    /// <summary>Writes it.</summary>
    /// <param name="details">What the details service said; null when it did not answer.</param>
    /// <param name="reviews">What the reviews service said; null when it did not answer.</param>
    /// <param name="pod">The page's own pod.</param>
    /// <param name="via">How the request came to that pod; null when from within it.</param>
    /// <param name="hops">The calls that the page made.</param>
    public static string Write(JsonObject? details, JsonObject? reviews, string pod, Hop? via, IReadOnlyList<Hop> hops)
    {
        var html = new StringBuilder("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Simple Bookstore App</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
            h1 { font-size: 1.6rem; } h4 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
            .practice { background: #fff4d6; border-left: 4px solid #e0a100; padding: .5rem 1rem; }
            table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #dde3ea; }
            .bad { color: #b00020; } blockquote { margin: .5rem 0; }
            </style></head><body>
            <p class="practice">This page comes from a practice cluster of IstioAdmin: no image runs, and every call below went through the rules of the pods as they are.</p>
            <h1>The Comedy of Errors</h1>

            """);
        if (details is null)
        {
            html.Append("<h4 class=\"bad\">Error fetching product details!</h4>\n");
        }
        else
        {
            html.Append("<h4>Book Details</h4>\n<table>\n");
            foreach ((string label, string field) in ((string, string)[])[("Author", "author"), ("Year", "year"), ("Type", "type"), ("Pages", "pages"), ("Publisher", "publisher"), ("Language", "language"), ("ISBN-10", "ISBN-10"), ("ISBN-13", "ISBN-13")])
                html.Append("<tr><th>").Append(label).Append("</th><td>").Append(Escape(details[field]?.ToString())).Append("</td></tr>\n");
            html.Append("</table>\n");
        }
        if (reviews is null)
            html.Append("<h4 class=\"bad\">Error fetching product reviews!</h4>\n");
        else
            Append(html, reviews);
        html.Append("<h4>Who answered</h4>\n<table><tr><th>Service</th><th>Pod</th><th>Node</th><th>Connection</th><th>Answer</th></tr>\n");
        foreach (Hop hop in (IEnumerable<Hop>)[via is null ? new Hop("productpage", pod, null, HopProtection.None, "200") : via with { Outcome = "200" }, .. hops])
        {
            html.Append("<tr><td>").Append(Escape(hop.Service)).Append("</td><td>").Append(Escape(hop.Pod ?? "-")).Append("</td><td>").Append(Escape(hop.Node ?? "-"))
                .Append("</td><td>").Append(hop.Protection switch { HopProtection.MutualTls => "mutual TLS", HopProtection.PlainText => "plain text", _ => "-" })
                .Append(hop.Outcome == "200" ? "</td><td>" : "</td><td class=\"bad\">").Append(Escape(hop.Outcome)).Append("</td></tr>\n");
        }
        return html.Append("</table>\n</body></html>\n").ToString();
    }

    private static void Append(StringBuilder html, JsonObject reviews)
    {
        html.Append("<h4>Book Reviews</h4>\n");
        foreach (JsonObject review in Meta.Items(reviews, "reviews"))
        {
            html.Append("<blockquote><p>").Append(Escape(Json.Text(review, "text"))).Append("</p><small>").Append(Escape(Json.Text(review, "reviewer"))).Append("</small>");
            if (Json.Text(review, "rating", "error") is { } error)
                html.Append(" <i class=\"bad\">").Append(Escape(error)).Append("</i>");
            else if (Meta.Int(review, "rating", "stars") is { } stars)
                html.Append(" <font color=\"").Append(Escape(Json.Text(review, "rating", "color"))).Append("\">").Append(string.Concat(Enumerable.Repeat("&#9733;", stars))).Append(string.Concat(Enumerable.Repeat("&#9734;", 5 - stars))).Append("</font>");
            html.Append("</blockquote>\n");
        }
        if (Json.Text(reviews, "podname") is { } pod)
            html.Append("<p>Reviews served by: <b>").Append(Escape(pod)).Append("</b></p>\n");
    }

    private static string Escape(string? text) => WebUtility.HtmlEncode(text ?? "");
}
