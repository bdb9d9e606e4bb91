namespace IstioAdmin.Core.Kube.Listing;

/// <summary>What a list says about its items: those of built-in types do not repeat it.</summary>
/// <param name="ApiVersion">The items' <c>apiVersion</c>.</param>
/// <param name="Kind">The items' <c>kind</c>.</param>
public sealed record JsonListItem(string ApiVersion, string Kind);
