using IstioAdmin.Core.Samples;

namespace IstioAdmin.Core.Tests.Samples;

public class BookinfoReleaseTests
{
    [Fact]
    public void Known_releases_are_unique_and_sorted_from_newest_to_oldest()
    {
        Version[] versions = [.. BookinfoRelease.Known.Select(release => Version.Parse(release.Version))];

        Assert.Equal(versions.Distinct().OrderDescending(), versions);
    }

    [Fact]
    public void A_known_version_is_found_as_it_is_listed() =>
        Assert.All(BookinfoRelease.Known, release => Assert.Same(release, BookinfoRelease.Find(release.Version)));

    [Theory]
    [InlineData("1.99.0", "1.20.3")]
    [InlineData("1.20.3-distroless", "1.20.3")]
    [InlineData("1.17.5", "1.17.0")]
    [InlineData("1.14.0", "1.13.0")]
    [InlineData("0.1.0", "1.8.0")]
    public void An_unlisted_version_gets_the_needs_of_the_nearest_older_one(string version, string like)
    {
        BookinfoRelease found = BookinfoRelease.Find(version);

        Assert.Equal(BookinfoRelease.Find(like) with { Version = version, Istio = "" }, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("latest")]
    [InlineData("1.20")]
    [InlineData("v1.20.3")]
    [InlineData("1.20.3 ")]
    [InlineData("1.20.3\n")]
    [InlineData("1.20.3-")]
    [InlineData("1.20.3@sha256:00")]
    [InlineData("99999999999.0.0")]
    [InlineData("1.20.3-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void What_is_no_version_is_refused_with_the_known_ones(string version)
    {
        MeshException failure = Assert.Throws<MeshException>(() => BookinfoRelease.Find(version));

        Assert.Equal("BookinfoVersionInvalid", failure.ErrorId);
        Assert.Equal(FailureKind.InvalidInput, failure.Kind);
        Assert.Contains("1.20.3", failure.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker.io/istio", "docker.io/istio")]
    [InlineData("registry.example.com:5000/mirror/istio/", "registry.example.com:5000/mirror/istio")]
    [InlineData("localhost:5000", "localhost:5000")]
    public void A_registry_is_taken_with_port_path_and_trailing_slash(string registry, string prefix) =>
        Assert.Equal(prefix, new BookinfoOptions { Namespace = "demo", Registry = registry }.ImagePrefix());

    [Theory]
    [InlineData("")]
    [InlineData("https://docker.io/istio")]
    [InlineData("docker.io/Istio")]
    [InlineData("docker.io/istio:1.0")]
    [InlineData("docker.io//istio")]
    [InlineData("docker.io/istio spaced")]
    public void What_is_no_registry_is_refused(string registry)
    {
        MeshException failure = Assert.Throws<MeshException>(() => new BookinfoOptions { Namespace = "demo", Registry = registry }.ImagePrefix());

        Assert.Equal("RegistryInvalid", failure.ErrorId);
    }
}
