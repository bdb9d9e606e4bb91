using IstioAdmin.Core.Mesh.Remotes;

namespace IstioAdmin.Core.Tests.Mesh.Remotes;

public sealed class RemoteKubeconfigTests
{
    [Theory]
    [InlineData("https://127.0.0.1:6443", true)]
    [InlineData("https://localhost:6443", true)]
    [InlineData("https://[::1]:6443", true)]
    [InlineData("https://0.0.0.0:6443", true)]
    [InlineData("https://10.0.0.1:6443", false)]
    [InlineData("https://east.example.com", false)]
    public void Addresses_that_mean_the_machine_itself_are_told_from_others(string address, bool local) => Assert.Equal(local, RemoteKubeconfig.IsLocal(new Uri(address)));
}
