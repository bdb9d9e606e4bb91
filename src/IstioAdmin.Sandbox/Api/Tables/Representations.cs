using System.Diagnostics.CodeAnalysis;
using IstioAdmin.Sandbox.Api.Requests;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>
/// What clients may have instead of whole objects: <c>Table</c> for kubectl, <c>PartialObjectMetadata</c> for who needs no more
/// (<c>apiserver/pkg/endpoints/handlers/response.go</c>).
/// </summary>
/// <param name="time">Tells the time, for ages.</param>
internal sealed class Representations(TimeProvider time) : IRepresentations
{
    private const string Group = "meta.k8s.io";

    /// <inheritdoc/>
    public bool TryChoose(string accept, [NotNullWhen(true)] out IRepresentation? representation)
    {
        representation = null;
        if (accept.Length == 0)
            return false;
        foreach (Range range in accept.Split(',').Select(Range.Parse).OrderByDescending(range => range.Quality))
        {
            if (range.Type is not ("application/json" or "*/*" or "application/*"))
                continue;
            switch (range.As, range.Group, range.Version)
            {
                case (null, _, _):
                    return false;
                case ("Table", Group, "v1" or "v1beta1"):
                    representation = new TableRepresentation(range.Version!, time);
                    return true;
                case ("PartialObjectMetadata" or "PartialObjectMetadataList", Group, "v1" or "v1beta1"):
                    representation = new MetadataRepresentation(range.Version!);
                    return true;
            }
        }
        throw new ApiException(406, "NotAcceptable", "only the following media types are accepted: application/json");
    }

    private sealed record Range(string Type, string? As, string? Group, string? Version, double Quality)
    {
        public static Range Parse(string text)
        {
            string[] parts = [.. text.Split(';').Select(part => part.Trim())];
            double quality = double.TryParse(Value("q"), System.Globalization.CultureInfo.InvariantCulture, out double given) ? given : 1;
            return new Range(parts[0], Value("as"), Value("g"), Value("v"), quality);

            string? Value(string name) => Array.Find(parts, part => part.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
        }
    }
}
