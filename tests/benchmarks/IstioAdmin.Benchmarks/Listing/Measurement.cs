namespace IstioAdmin.Benchmarks.Listing;

/// <summary>One listing, measured in the process that did it.</summary>
/// <param name="Items">How many objects came.</param>
/// <param name="Seconds">From the request to the last object.</param>
/// <param name="FirstSeconds">From the request to the first object; null where nothing is handed out before the end.</param>
/// <param name="PeakBytes">The most memory that was resident, runtime and all; null where it is not known.</param>
internal sealed record Measurement(int Items, double Seconds, double? FirstSeconds, long? PeakBytes);
