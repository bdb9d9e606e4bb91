using IstioAdmin.Cluster.Tests;
using IstioAdmin.Testing;

[assembly: AssemblyFixture(typeof(Testbed))]
[assembly: AssemblyFixture(typeof(SandboxClusters))]
