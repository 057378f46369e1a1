import { Aws, Fn, RemovalPolicy, Tags, type CfnResource } from 'aws-cdk-lib';
import {
  AmazonLinuxCpuType,
  CfnEIP,
  CfnEIPAssociation,
  CfnInstance,
  CfnInternetGateway,
  CfnNatGateway,
  CfnRoute,
  CfnRouteTable,
  CfnSecurityGroup,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  CfnVPC,
  CfnVPCEndpoint,
  CfnVPCGatewayAttachment,
  MachineImage,
} from 'aws-cdk-lib/aws-ec2';
import { Effect, Policy, PolicyStatement, type IRole } from 'aws-cdk-lib/aws-iam';
import { CfnFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Which kind of fixed address. */
export interface FixedEgressProps {
  /**
   * `nat-gateway` is run by AWS. `nat-instance` costs a fifth of it and is a small machine that nobody repairs by
   * itself.
   */
  readonly via: 'nat-gateway' | 'nat-instance';
  /** Availability zone, by name. Some offer no NAT gateway, or no machine of that kind. @default the first of AWS */
  readonly zone?: string | undefined;
  /** An Elastic IP address that exists, in this region. @default a new one */
  readonly own?: OwnAddress | undefined;
  /** TCP ports that may be reached. @default 443 */
  readonly ports?: readonly number[];
}

interface OwnAddress {
  readonly allocationId: string;
  /** IPv4. */
  readonly address: string;
}

interface Subnet {
  readonly made: CfnSubnet;
  readonly table: CfnRouteTable;
  readonly association: CfnSubnetRouteTableAssociation;
}

interface Network {
  readonly vpc: CfnVPC;
  readonly outside: Subnet;
  readonly inside: Subnet;
  readonly attachment: CfnVPCGatewayAttachment;
}

/** How calls leave: by a hop that has the address. */
interface Way {
  readonly address: string;
  readonly hop: CfnResource;
  /** What the function must wait for. */
  readonly way: readonly CfnResource[];
}

function allocated({ attrAllocationId, attrPublicIp }: CfnEIP): OwnAddress {
  return { allocationId: attrAllocationId, address: attrPublicIp };
}

/** Lambda makes a function's network interface in the name of its role. */
const interfaceActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

const cidr = { vpc: '10.0.0.0/24', outside: '10.0.0.0/26', inside: '10.0.0.64/26' };

/**
 * A network whose calls all leave with one fixed IPv4 address, for the functions that are {@link attach}ed.
 *
 * Defaults: one zone; a subnet for the functions that nothing can reach from outside; out to port 443 only; DynamoDB
 * over an endpoint of its own, which costs nothing; no IPv6, since WeChat's list takes none. An address that is made here
 * stays when the stack goes or takes another way, so that nobody else gets an address that WeChat still trusts.
 */
export class FixedEgress extends Construct {
  /** The address that WeChat sees. */
  readonly address: string;
  readonly #subnetOfFunctions: CfnSubnet;
  readonly #securityGroup: CfnSecurityGroup;
  readonly #ready: CfnResource[];

  constructor(scope: Construct, id: string, { via, zone, own, ports = [443] }: FixedEgressProps) {
    super(scope, id);
    const vpc = this.#vpc();
    const outside = this.#subnet(vpc, 'Outside', cidr.outside, zone);
    const inside = this.#subnet(vpc, 'Inside', cidr.inside, zone);
    const { attachment, out } = this.#internet(vpc, outside);
    this.#securityGroup = new CfnSecurityGroup(this, 'Functions', {
      groupDescription: 'Functions of WeChat Keyring that call WeChat from a fixed address.',
      vpcId: vpc.ref,
      securityGroupEgress: ports.map((port) => ({
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        cidrIp: '0.0.0.0/0',
        description: 'WeChat and AWS',
      })),
    });

    const network = { vpc, outside, inside, attachment };
    const { address, hop, way } =
      via === 'nat-gateway' ? this.#throughGateway(network, own) : this.#throughInstance(network, own, ports);
    hop.addResourceDependency(out);
    hop.addResourceDependency(outside.association);
    this.address = address;

    const dynamodb = new CfnVPCEndpoint(this, 'DynamoDb', {
      vpcId: vpc.ref,
      vpcEndpointType: 'Gateway',
      serviceName: `com.amazonaws.${Aws.REGION}.dynamodb`,
      routeTableIds: [inside.table.ref],
    });
    this.#subnetOfFunctions = inside.made;
    this.#ready = [...way, inside.association, dynamodb];
    Tags.of(this).add('Name', this.node.path);
  }

  /** Has all calls of the function go this way. */
  attach(fn: LambdaFunction): void {
    const resource = fn.node.defaultChild;
    if (!(resource instanceof CfnFunction) || !fn.role)
      throw new TypeError('not a function with a role of its own');
    resource.vpcConfig = {
      subnetIds: [this.#subnetOfFunctions.ref],
      securityGroupIds: [this.#securityGroup.attrGroupId],
    };
    for (const needed of this.#ready) resource.addResourceDependency(needed);

    this.#allowInterfaces(fn.role, resource);
    // Apart from the policy that the function waits for, which would be a circle.
    const deny = new Policy(this, 'NoInterfacesByCode', {
      roles: [fn.role],
      statements: [
        new PolicyStatement({
          effect: Effect.DENY,
          actions: interfaceActions,
          resources: ['*'],
          conditions: { ArnEquals: { 'lambda:SourceFunctionArn': fn.functionArn } },
        }),
      ],
    });
    acknowledge(deny, 'AwsSolutions-IAM5[Resource::*]', 'It denies.');
  }

  /**
   * Lambda deletes the interface some time after the function has left the network, and until then subnet and group
   * cannot go. CloudFormation deletes in the reverse order of dependencies: function, subnet and group, and then this
   * policy. In an update that leaves the network, the function and the policies that stay are changed first, so the
   * permission is in none of those. Its actions take no narrower resource, or not all of them.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   */
  #allowInterfaces(role: IRole, fn: CfnFunction): void {
    const allow = new Policy(this, 'Interfaces', {
      roles: [role],
      statements: [new PolicyStatement({ actions: interfaceActions, resources: ['*'] })],
    });
    for (const first of [fn, this.#subnetOfFunctions, this.#securityGroup]) first.node.addDependency(allow);
    acknowledge(
      allow,
      'AwsSolutions-IAM5[Resource::*]',
      "Lambda makes the function's network interface with these; a Deny keeps the function itself from them.",
    );
  }

  #vpc(): CfnVPC {
    const vpc = new CfnVPC(this, 'Vpc', {
      cidrBlock: cidr.vpc,
      enableDnsSupport: true,
      enableDnsHostnames: true,
    });
    acknowledge(
      vpc,
      'AwsSolutions-VPC7',
      'One function is in it, and its log has each of its calls; a flow log would add their ports.',
    );
    return vpc;
  }

  #subnet(vpc: CfnVPC, name: string, cidrBlock: string, zone: string | undefined): Subnet {
    // Where none is named, the first of the region: to know its name at synthesis needs a look into the AWS account.
    const availabilityZone = zone ?? Fn.select(0, Fn.getAzs());
    const made = new CfnSubnet(this, name, { vpcId: vpc.ref, cidrBlock, availabilityZone });
    if (zone !== undefined) {
      acknowledge(made, 'CloudFormation-Validate::W3010', 'The deployer chose the zone, for this region.');
    }
    const table = new CfnRouteTable(this, `${name}Routes`, { vpcId: vpc.ref });
    const association = new CfnSubnetRouteTableAssociation(this, `${name}Association`, {
      subnetId: made.ref,
      routeTableId: table.ref,
    });
    return { made, table, association };
  }

  /** Leads what is outside into the internet. */
  #internet(vpc: CfnVPC, outside: Subnet): { attachment: CfnVPCGatewayAttachment; out: CfnRoute } {
    const gateway = new CfnInternetGateway(this, 'InternetGateway');
    const attachment = new CfnVPCGatewayAttachment(this, 'GatewayAttachment', {
      vpcId: vpc.ref,
      internetGatewayId: gateway.ref,
    });
    const out = new CfnRoute(this, 'OutsideDefault', {
      routeTableId: outside.table.ref,
      destinationCidrBlock: '0.0.0.0/0',
      gatewayId: gateway.ref,
    });
    out.addResourceDependency(attachment);
    return { attachment, out };
  }

  /** Each way makes an address of its own: CloudFormation cannot move one from a gateway that it has yet to delete. */
  #throughGateway({ outside, inside, attachment }: Network, own: OwnAddress | undefined): Way {
    const { allocationId, address } = own ?? allocated(this.#newAddress('GatewayAddress', attachment));
    const hop = new CfnNatGateway(this, 'NatGateway', { subnetId: outside.made.ref, allocationId });
    const way = new CfnRoute(this, 'ThroughGateway', { ...anywhereFrom(inside), natGatewayId: hop.ref });
    return { address, hop, way: [way] };
  }

  #throughInstance(network: Network, own: OwnAddress | undefined, ports: readonly number[]): Way {
    const hop = this.#natInstance(network.vpc, network.outside.made, ports);
    const way = new CfnRoute(this, 'ThroughInstance', {
      ...anywhereFrom(network.inside),
      instanceId: hop.ref,
    });
    // Given to the instance here, the address goes over to its successor before the old one ends.
    if (!own) {
      const made = this.#newAddress('InstanceAddress', network.attachment, hop.ref);
      return { address: made.attrPublicIp, hop, way: [way] };
    }
    const given = new CfnEIPAssociation(this, 'InstanceHasAddress', {
      allocationId: own.allocationId,
      instanceId: hop.ref,
    });
    given.addResourceDependency(network.attachment);
    return { address: own.address, hop, way: [way, given] };
  }

  #newAddress(id: string, attachment: CfnVPCGatewayAttachment, instanceId?: string): CfnEIP {
    const made = new CfnEIP(this, id, { domain: 'vpc', ...(instanceId !== undefined && { instanceId }) });
    made.addResourceDependency(attachment);
    made.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return made;
  }

  /** A small machine that puts its own address in the place of the sender's. */
  #natInstance(vpc: CfnVPC, subnet: CfnSubnet, ports: readonly number[]): CfnInstance {
    const group = new CfnSecurityGroup(this, 'NatInstanceGroup', {
      groupDescription: 'Passes on what the functions of WeChat Keyring send.',
      vpcId: vpc.ref,
      securityGroupIngress: ports.map((port) => ({
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        cidrIp: cidr.inside,
        description: 'From the functions',
      })),
      securityGroupEgress: [...new Set([...ports, 443])].map((port) => ({
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        cidrIp: '0.0.0.0/0',
        description: 'WeChat, AWS and packages',
      })),
    });
    // CloudFormation looks the present image up at each deployment, so deploying is also how it gets updates.
    const image = MachineImage.latestAmazonLinux2023({ cpuType: AmazonLinuxCpuType.ARM_64 }).getImage(this);
    const instance = new CfnInstance(this, 'NatInstance', {
      imageId: image.imageId,
      instanceType: 't4g.nano',
      sourceDestCheck: false,
      ebsOptimized: true,
      creditSpecification: { cpuCredits: 'standard' },
      networkInterfaces: [
        {
          deviceIndex: '0',
          subnetId: subnet.ref,
          groupSet: [group.attrGroupId],
          // To fetch its packages with, before it has the fixed one.
          associatePublicIpAddress: true,
        },
      ],
      metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { encrypted: true, volumeType: 'gp3' } }],
      userData: Fn.base64(natScript),
    });
    acknowledge(
      instance,
      'AwsSolutions-EC28',
      'Detailed monitoring would cost more than half of the instance.',
    );
    acknowledge(
      instance,
      'AwsSolutions-EC29',
      'It holds nothing, and is replaced by a newer image when there is one.',
    );
    return instance;
  }
}

function anywhereFrom({ table }: Subnet) {
  return { routeTableId: table.ref, destinationCidrBlock: '0.0.0.0/0' };
}

/**
 * Run once, at the first start. The address changes in the middle of it, which breaks downloads, so they are repeated.
 * Everything else is in files that the next start reads. Another script alone reaches no machine that is there:
 * CloudFormation stops and starts it, and the script has been run. Give the instance another id with it.
 */
const natScript = `#!/bin/bash
set -u
echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-nat.conf
sysctl --system
until dnf install --assumeyes nftables; do sleep 5; done
device=$(ip -4 route show default | awk '{ print $5; exit }')
cat > /etc/sysconfig/nftables.conf <<RULES
flush ruleset
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr ${cidr.inside} oifname "$device" masquerade
  }
}
RULES
systemctl enable --now nftables
`;
