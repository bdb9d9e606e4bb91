using IstioAdmin.Testing;

[assembly: AssemblyFixture(typeof(Testbed))]
