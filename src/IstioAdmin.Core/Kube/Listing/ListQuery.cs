namespace IstioAdmin.Core.Kube.Listing;

/// <summary>What to list.</summary>
/// <param name="Namespace">One namespace, or null for all.</param>
/// <param name="LabelSelector">Label selector in the API's syntax, or null.</param>
/// <param name="FieldSelector">Field selector in the API's syntax, or null.</param>
/// <param name="PageSize">Elements asked for at once.</param>
public sealed record ListQuery(string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null, int PageSize = 500);
