using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Traffic.Applications;

/// <summary>
/// The services of the Bookinfo sample: their paths, their calls to each other and the shape of their answers (istio/istio samples/bookinfo/src).
/// </summary>
internal static partial class Bookinfo
{
    private const int Port = 9080;

    /// <summary>The service that an image is of; null when it is not Bookinfo's.</summary>
    public static IApplication? Of(string image) => Image().Match(image) is { Success: true } match
        ? match.Groups["name"].Value switch
        {
            "productpage" => new ProductPage(),
            "details" => new Details(),
            "reviews" => new Reviews(match.Groups["version"].Value),
            _ => new Ratings(),
        }
        : null;

    [GeneratedRegex(@"(^|/)examples-bookinfo-(?<name>productpage|details|reviews|ratings)-(?<version>v\d+)(:|@|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Image();

    private static int? Number(string path, string service) =>
        path.StartsWith($"/{service}/", StringComparison.Ordinal) && int.TryParse(path[(service.Length + 2)..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static MeshAnswer NotFound() => MeshAnswer.Text(404, "not found\n");

    private static JsonObject? Parse(MeshAnswer answer)
    {
        try
        {
            return answer.Status == 200 ? JsonNode.Parse(answer.Content) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class ProductPage : IApplication
    {
        public async Task<MeshAnswer> AnswerAsync(ApplicationCalls calls, MeshRequest request, CancellationToken cancel)
        {
            switch (request.Path)
            {
                case "/health":
                    return MeshAnswer.Text(200, "Product page is healthy");
                case "/" or "/productpage":
                    JsonObject? details = Parse(await calls.GetAsync("details", Port, "/details/0", cancel).ConfigureAwait(false));
                    JsonObject? reviews = Parse(await calls.GetAsync("reviews", Port, "/reviews/0", cancel).ConfigureAwait(false));
                    return MeshAnswer.Html(ProductPageHtml.Write(details, reviews, calls.PodName, request.Via, calls.Hops)) with { Hops = calls.Hops };
                case "/api/v1/products/0":
                    return await calls.GetAsync("details", Port, "/details/0", cancel).ConfigureAwait(false) with { Hops = calls.Hops };
                case "/api/v1/products/0/reviews":
                    return await calls.GetAsync("reviews", Port, "/reviews/0", cancel).ConfigureAwait(false) with { Hops = calls.Hops };
                case "/api/v1/products/0/ratings":
                    return await calls.GetAsync("ratings", Port, "/ratings/0", cancel).ConfigureAwait(false) with { Hops = calls.Hops };
                default:
                    return NotFound();
            }
        }
    }

    private sealed class Details : IApplication
    {
        public Task<MeshAnswer> AnswerAsync(ApplicationCalls calls, MeshRequest request, CancellationToken cancel) => Task.FromResult(
            request.Path == "/health" ? MeshAnswer.Json(new JsonObject { ["status"] = "Details is healthy" })
            : Number(request.Path, "details") is { } id ? MeshAnswer.Json(new JsonObject
            {
                ["id"] = id,
                ["author"] = "William Shakespeare",
                ["year"] = 1595,
                ["type"] = "paperback",
                ["pages"] = 200,
                ["publisher"] = "PublisherA",
                ["language"] = "English",
                ["ISBN-10"] = "1234567890",
                ["ISBN-13"] = "123-1234567890",
            })
            : NotFound());
    }

    private sealed class Ratings : IApplication
    {
        public Task<MeshAnswer> AnswerAsync(ApplicationCalls calls, MeshRequest request, CancellationToken cancel) => Task.FromResult(
            request.Path == "/health" ? MeshAnswer.Json(new JsonObject { ["status"] = "Ratings is healthy" })
            : Number(request.Path, "ratings") is { } id ? MeshAnswer.Json(new JsonObject { ["id"] = id, ["ratings"] = new JsonObject { ["Reviewer1"] = 5, ["Reviewer2"] = 4 } })
            : NotFound());
    }

    // Version 1 shows no stars, 2 black ones, 3 red ones.
    private sealed class Reviews(string version) : IApplication
    {
        public async Task<MeshAnswer> AnswerAsync(ApplicationCalls calls, MeshRequest request, CancellationToken cancel)
        {
            if (request.Path == "/health")
                return MeshAnswer.Json(new JsonObject { ["status"] = "Reviews is healthy" });
            if (Number(request.Path, "reviews") is not { } id)
                return NotFound();
            JsonObject? ratings = null;
            bool asks = version != "v1";
            if (asks)
                ratings = Parse(await calls.GetAsync("ratings", Port, $"/ratings/{id}", cancel).ConfigureAwait(false));
            (string Reviewer, string Text)[] written = [("Reviewer1", "A play of mistaken lovers that nobody leaves before the last act."), ("Reviewer2", "Funny, quick, and a little unfair to the goldsmith.")];
            return MeshAnswer.Json(new JsonObject { ["id"] = $"{id}", ["podname"] = calls.PodName, ["clustername"] = "null", ["reviews"] = new JsonArray([.. written.Select(review => Review(review.Reviewer, review.Text, asks, Meta.Int(ratings, "ratings", review.Reviewer)))]) }) with { Hops = calls.Hops };
        }

        private JsonObject Review(string reviewer, string text, bool rated, int? stars)
        {
            var review = new JsonObject { ["reviewer"] = reviewer, ["text"] = text };
            if (rated)
            {
                review["rating"] = stars is null
                    ? new JsonObject { ["error"] = "Ratings service is currently unavailable" }
                    : new JsonObject { ["stars"] = stars, ["color"] = version == "v3" ? "red" : "black" };
            }
            return review;
        }
    }
}
