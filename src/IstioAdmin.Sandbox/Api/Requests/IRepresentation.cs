using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Chooses what objects are answered as.</summary>
internal interface IRepresentations
{
    /// <summary>Chooses something other than the plain object in JSON, if the client prefers that.</summary>
    /// <param name="accept">The header <c>Accept</c>; empty when there is none.</param>
    /// <param name="representation">What was chosen.</param>
    /// <returns>Whether something was chosen.</returns>
    /// <exception cref="ApiException">Nothing that is accepted can be answered (406).</exception>
    bool TryChoose(string accept, [NotNullWhen(true)] out IRepresentation? representation);
}

/// <summary>What objects are answered as, such as a <c>Table</c>.</summary>
internal interface IRepresentation
{
    /// <summary>The type of the content.</summary>
    string ContentType { get; }

    /// <summary>An object.</summary>
    JsonObject Single(ResourceRequest request, HttpQuery query, JsonObject item);

    /// <summary>A list.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="query">The query's parameters.</param>
    /// <param name="metadata">The list's metadata: resourceVersion, continue, remainingItemCount.</param>
    /// <param name="items">The objects.</param>
    JsonObject List(ResourceRequest request, HttpQuery query, JsonObject metadata, IEnumerable<JsonObject> items);

    /// <summary>The object of a watch's event.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="query">The query's parameters.</param>
    /// <param name="item">The object; of a bookmark, just its metadata.resourceVersion.</param>
    /// <param name="isFirst">Whether it is the watch's first event.</param>
    JsonObject Watched(ResourceRequest request, HttpQuery query, JsonObject item, bool isFirst);
}
