using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Tests.Mesh;

public sealed class ProxyImageTests
{
    [Theory]
    [InlineData("docker.io/istio/proxyv2:1.1.14", "1.1.14")]
    [InlineData("istio/proxyv2:1.22.3-distroless", "1.22.3")]
    [InlineData("istio/proxyv2:1.22.3-debug", "1.22.3")]
    [InlineData("registry:5000/istio/proxyv2:1.22.3", "1.22.3")]
    [InlineData("[::1]:5000/istio/proxyv2:1.22.3", "1.22.3")]
    [InlineData("gcr.io/istio-release/proxyv2:v1.5.0", "1.5.0")]
    [InlineData("istio/proxyv2:1.23.0-beta.1-distroless", "1.23.0-beta.1")]
    [InlineData("vendor/proxyv2:1.20.8-vendor-2", "1.20.8-vendor-2")]
    [InlineData("istio/proxyv2:1.22", "1.22")]
    [InlineData("istio/proxyv2:1.22.3@sha256:0123456789abcdef", "1.22.3")]
    public void Tells_the_version_from_the_tag(string image, string version) => Assert.Equal(version, ProxyImage.VersionOf(image));

    [Theory]
    [InlineData(null), InlineData(""), InlineData("istio/proxyv2"), InlineData("istio/proxyv2:latest"), InlineData("registry:5000/istio/proxyv2")]
    [InlineData("istio/proxyv2@sha256:0123456789abcdef"), InlineData("registry:1.2/istio/proxyv2"), InlineData("istio/proxyv2:master-2026-01-01")]
    [InlineData("istio/proxyv2:release-1.1-latest-daily"), InlineData("istio/proxyv2:"), InlineData("istio/proxyv2:1"), InlineData("istio/proxyv2:1.x")]
    [InlineData("istio/proxyv2:99999999999.1")]
    public void Tells_nothing_where_there_is_no_version(string? image) => Assert.Null(ProxyImage.VersionOf(image));

    [Theory]
    [InlineData("1.9", "1.10"), InlineData("1.22.3", "2.0"), InlineData("v1.1.14", "1.2.0-rc.1")]
    public void Releases_are_ordered_by_number(string older, string newer)
    {
        Assert.True(IstioRelease.TryParse(older, out IstioRelease left));
        Assert.True(IstioRelease.TryParse(newer, out IstioRelease right));
        Assert.True(left < right && right > left && left <= right && right >= left && left.CompareTo(left) == 0);
    }
}
