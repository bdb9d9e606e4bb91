namespace IstioAdmin.Core.Kube.Listing;

/// <summary>One page of a LIST.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="Continue">Token for the next page; null on the last one.</param>
/// <param name="ResourceVersion">The version of the collection that this page shows.</param>
/// <param name="Items">The elements, read lazily, to be enumerated once.</param>
public sealed record ListPage<T>(string? Continue, string? ResourceVersion, IEnumerable<T> Items);
