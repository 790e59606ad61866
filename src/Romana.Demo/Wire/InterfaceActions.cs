using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>Attributes of interfaces and instances. Only those about the source/destination check are known.</summary>
internal static class InterfaceActions
{
    public static Reply Modify(SimulatedVpc vpc, QueryRequest request)
    {
        if (request["NetworkInterfaceId"] is not { } id) return new Reply.Refused(Ec2Error.Missing("networkInterfaceId"));
        return request["SourceDestCheck.Value"] is { } check
            ? Reply.Of(vpc.Apply(state => InterfaceRules.SetSourceDestCheck(state, id, check == "true")))
            : new Reply.Refused(Ec2Error.Missing("sourceDestCheck"));
    }

    public static Reply ModifyInstance(SimulatedVpc vpc, QueryRequest request)
    {
        if (request["InstanceId"] is not { } id) return new Reply.Refused(Ec2Error.Missing("instanceId"));
        return request["SourceDestCheck.Value"] is { } check
            ? Reply.Of(vpc.Apply(state => InstanceRules.SetSourceDestCheck(state, id, check == "true")))
            : new Reply.Refused(Ec2Error.Missing("sourceDestCheck"));
    }

    public static Reply DescribeAttribute(SimulatedVpc vpc, QueryRequest request)
    {
        if (request["NetworkInterfaceId"] is not { } id) return new Reply.Refused(Ec2Error.Missing("networkInterfaceId"));
        if (!vpc.Seen.Interfaces.TryGetValue(id, out var eni)) return new Reply.Refused(Ec2Error.NoInterface(id));
        return new Reply.Answered(xml =>
        {
            xml.Text("networkInterfaceId", id);
            switch (request["Attribute"])
            {
                case "description":
                    xml.Element("description", () => xml.Text("value", eni.Description));
                    break;
                case "groupSet":
                    xml.Set("groupSet", eni.Groups, group => xml.Text("groupId", group));
                    break;
                default:
                    xml.Element("sourceDestCheck", () => xml.Text("value", eni.SourceDestCheck));
                    break;
            }
        });
    }
}
