# One private network: no Internet gateway, no public subnet, no public address. AWS and Snowflake are reached through
# endpoints, everything else through the company's transit gateway.

locals {
  services = toset([
    "autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "elasticloadbalancing", "kms", "logs", "s3", "secretsmanager", "sqs", "sts",
  ])
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

# The group that everything falls into which names none: it allows nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-nothing" }
}

resource "aws_subnet" "private" {
  for_each          = { for index, zone in var.zones : zone => index }
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr, 4, each.value)
  tags = {
    Name                              = "${var.name}-${each.key}"
    "kubernetes.io/role/internal-elb" = "1"
  }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_route_table_association" "private" {
  for_each       = aws_subnet.private
  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_ec2_transit_gateway_vpc_attachment" "way_out" {
  transit_gateway_id = var.transit_gateway
  vpc_id             = aws_vpc.this.id
  subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
  tags               = { Name = var.name }
}

resource "aws_route" "way_out" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  transit_gateway_id     = var.transit_gateway
  depends_on             = [aws_ec2_transit_gateway_vpc_attachment.way_out]
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Who may use the endpoints: this network, over TLS"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id = aws_security_group.endpoints.id
  description       = "TLS from this network"
  cidr_ipv4         = var.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "aws" {
  for_each            = local.services
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  tags                = { Name = "${var.name}-${each.key}" }

  # S3 would otherwise ask for a gateway endpoint beside it, which leaves S3 at public addresses: no policy of pods opens them.
  dynamic "dns_options" {
    for_each = each.key == "s3" ? [each.key] : []
    content {
      private_dns_only_for_inbound_resolver_endpoint = false
    }
  }
}

resource "aws_vpc_endpoint" "snowflake" {
  vpc_id              = aws_vpc.this.id
  service_name        = var.snowflake.endpoint_service
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = false
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  tags                = { Name = "${var.name}-snowflake" }
}

resource "aws_route53_zone" "snowflake" {
  name    = "privatelink.snowflakecomputing.com"
  comment = "Snowflake, through the private link"
  vpc {
    vpc_id = aws_vpc.this.id
  }
}

resource "aws_route53_record" "snowflake" {
  for_each = var.snowflake.hosts
  zone_id  = aws_route53_zone.snowflake.zone_id
  name     = each.value
  type     = "CNAME"
  ttl      = 300
  records  = [aws_vpc_endpoint.snowflake.dns_entry[0].dns_name]
}

resource "aws_cloudwatch_log_group" "flow" {
  name              = "/${var.name}/flow"
  retention_in_days = var.log_days
  kms_key_id        = var.key_arn
}

resource "aws_iam_role" "flow" {
  name = "${var.name}-flow-logs"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "vpc-flow-logs.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "flow" {
  name = "write"
  role = aws_iam_role.flow.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
      Resource = "arn:aws:logs:${var.region}:*:log-group:/${var.name}/flow:*"
    }]
  })
}

resource "aws_flow_log" "this" {
  vpc_id          = aws_vpc.this.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow.arn
  iam_role_arn    = aws_iam_role.flow.arn
}
