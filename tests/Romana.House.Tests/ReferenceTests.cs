using System.Xml.Linq;

namespace Romana.House.Tests;

/// <summary>The arrows between the parts, and what each project may take in.</summary>
public sealed class ReferenceTests
{
    public static readonly TheoryData<string, string[]> Arrows = new()
    {
        { "Romana.Ipam", [] },
        { "Romana.Stores", ["Romana.Ipam"] },
        { "Romana.Cloud", ["Romana.Ipam", "Romana.Stores"] },
        { "Romana.Node", ["Romana.Ipam", "Romana.Stores"] },
        { "Romana.Demo", ["Romana.Ipam"] },
        { "Romana.Cni", [] },
    };

    [Theory]
    [MemberData(nameof(Arrows))]
    public void Project_references_follow_the_design(string project, string[] allowed) =>
        Assert.Empty(References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Except(allowed));

    [Fact]
    public void Every_project_of_src_is_in_the_table()
    {
        var projects = Tree.Files(".csproj", "src").Select(Path.GetFileNameWithoutExtension);
        Assert.Empty(projects.Except(Arrows.Select(row => row.Data.Item1)));
    }

    [Fact]
    public void Ipam_takes_in_no_package() => Assert.Empty(References("Romana.Ipam", "PackageReference"));

    [Fact]
    public void The_plugin_takes_in_no_package() => Assert.Empty(References("Romana.Cni", "PackageReference"));

    [Fact]
    public void No_production_project_references_the_demo_or_a_test()
    {
        var wrong = new[] { "Romana.Ipam", "Romana.Stores", "Romana.Cloud", "Romana.Node", "Romana.Cni" }
            .SelectMany(project => References(project, "ProjectReference"))
            .Where(path => path.Contains("Demo", StringComparison.Ordinal) || path.Contains("tests", StringComparison.Ordinal));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Moq_is_asked_only_for_vendor_interfaces()
    {
        var wrong = Tree.Files(".cs", "tests")
            .Where(file => !file.Contains("House.Tests", StringComparison.Ordinal))
            .SelectMany(file => Tree.Lines(file).Select((line, i) => (file, line, number: i + 1)))
            .Where(item => item.line.Contains("Mock<", StringComparison.Ordinal)
                && !item.line.Contains("Mock<IAmazonEC2>", StringComparison.Ordinal)
                && !item.line.Contains("Mock<IKubernetes>", StringComparison.Ordinal))
            .Select(item => $"{item.file}:{item.number}");
        Assert.Empty(wrong);
    }

    private static IEnumerable<string> References(string project, string element) =>
        XDocument.Parse(Tree.Text($"src/{project}/{project}.csproj"))
            .Descendants(element)
            .Select(node => node.Attribute("Include")!.Value);
}
